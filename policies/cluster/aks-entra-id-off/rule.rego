# METADATA
# title: Cluster does not sign people in with Microsoft Entra ID
# description: |
#   Without Microsoft Entra ID the cluster knows people only by client certificates and
#   tokens that are handed around. They name no person, cannot be revoked one by one,
#   and outlive the job of whoever has them. With it, each sign-in is a person's own,
#   and RoleBindings name groups of the directory. The older form with application ids
#   of one's own is not managed by AKS any more.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/entra-id-control-plane-authentication
# - ref: https://learn.microsoft.com/azure/aks/concepts-identity
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: warning
#   security_severity: 6.0
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
#   - {name: CIS AKS Benchmark v1.7, section: "5.5.1"}
#   - {name: Azure Policy, section: Azure Kubernetes Service Clusters should enable Microsoft Entra ID integration}
#   - {name: Microsoft AKS baseline, section: Integrate Microsoft Entra ID for the cluster}
#   remediation: |
#     Set `aadProfile.managed: true` (Azure Service Operator, Cluster API) with `adminGroupObjectIDs`, or add the block `azureActiveDirectoryRoleBasedAccessControl` (Crossplane) with `adminGroupObjectIds`.
#   since: 0.1.0
package policies.cluster["aks-entra-id-off"]

import data.sekisho.aks

deny contains finding if {
	some managed in aks.fields("entra")
	not aks.on(managed.value)
	finding := {
		"path": managed.path,
		"message": sprintf("cluster %q does not use Microsoft Entra ID", [managed.cluster]),
	}
}
