# METADATA
# title: Pod identity of the cluster is on
# description: |
#   Pod identity catches the pods' requests to the instance metadata endpoint and
#   answers with a token of an Azure identity. The project behind it was archived in
#   2023, and the add-on has been retired for Microsoft Entra Workload ID, which needs
#   no component on the nodes that could be bypassed. Cluster API and Crossplane have no
#   field for it; the rule hears Cluster API through `asoManagedClusterPatches`.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/use-azure-ad-pod-identity
# - ref: https://learn.microsoft.com/azure/aks/workload-identity-migrate-from-pod-identity
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: warning
#   security_severity: 5.0
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
#   - {name: Microsoft AKS baseline, section: Integrate Microsoft Entra ID for the workload}
#   remediation: |
#     Move the workloads to Microsoft Entra Workload ID (`oidcIssuerProfile.enabled` and `securityProfile.workloadIdentity.enabled`), then remove `podIdentityProfile`.
#   since: 0.1.0
package policies.cluster["aks-pod-identity-on"]

import data.sekisho.aks

deny contains finding if {
	some identity in aks.fields("podIdentity")
	aks.on(identity.value)
	finding := {
		"path": identity.path,
		"message": sprintf("cluster %q uses pod identity, which is retired", [identity.cluster]),
	}
}
