# METADATA
# title: Key Vault secrets are not rotated in pods
# description: |
#   The Key Vault provider of the Secrets Store CSI driver fetches values when a pod
#   starts. Rotation, which fetches them again every two minutes, is off unless it is
#   asked for: after a secret is replaced in the vault, pods keep the old one until they
#   restart. A leaked secret then stays in use long after it was changed. The rule
#   speaks only of clusters where the provider is on.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/csi-secrets-store-configuration-options
# - ref: https://learn.microsoft.com/azure/aks/csi-secrets-store-driver
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: warning
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds:
#   - ManagedCluster
#   - AzureManagedControlPlane
#   - AzureManagedControlPlaneTemplate
#   - AzureASOManagedControlPlane
#   - AzureASOManagedControlPlaneTemplate
#   - KubernetesCluster
#   standards:
#   - {name: CIS AKS Benchmark v1.7, section: "4.5.2"}
#   - {name: Microsoft AKS baseline, section: Add secret management}
#   remediation: |
#     Set `enableSecretRotation: "true"` in the `config` of the add-on `azureKeyvaultSecretsProvider` (Azure Service Operator, Cluster API) or `keyVaultSecretsProvider.secretRotationEnabled: true` (Crossplane).
#   since: 0.1.0
package policies.cluster["aks-secret-rotation-off"]

import data.sekisho.aks

deny contains finding if {
	some cluster in aks.clusters
	aks.enabled(cluster, "keyVaultProvider")
	rotation := aks.field(cluster, "secretRotation")
	not aks.on(rotation.value)
	finding := {
		"path": rotation.path,
		"message": sprintf("cluster %q does not rotate secrets from Key Vault", [cluster.name]),
	}
}
