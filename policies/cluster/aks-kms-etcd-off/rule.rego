# METADATA
# title: Secrets in etcd are not encrypted with a key of one's own
# description: |
#   AKS encrypts the disks of etcd, but the API server writes Secrets into it in plain
#   text: whoever gets a copy or a backup of the data reads them. With the Key
#   Management Service of AKS the API server encrypts each Secret before it is stored,
#   with a key in a Key Vault of one's own, whose use is logged.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/use-kms-etcd-encryption
# - ref: https://kubernetes.io/docs/tasks/administer-cluster/kms-provider/
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: warning
#   security_severity: 4.5
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
#   - {name: CIS AKS Benchmark v1.7, section: "5.3.1"}
#   - {name: Azure Policy, section: "Azure Kubernetes Clusters should enable Key Management Service (KMS)"}
#   remediation: |
#     Set `securityProfile.azureKeyVaultKms` with `enabled: true` and the key's id (Azure Service Operator, Cluster API) or add the block `keyManagementService` (Crossplane).
#   since: 0.1.0
package policies.cluster["aks-kms-etcd-off"]

import data.sekisho.aks

deny contains finding if {
	some kms in aks.fields("kms")
	not aks.on(kms.value)
	finding := {
		"path": kms.path,
		"message": sprintf("cluster %q stores secrets in etcd without encryption of its own", [kms.cluster]),
	}
}
