# METADATA
# title: Azure RBAC does not authorize people in the cluster
# description: |
#   With Microsoft Entra ID alone, who may do what is written in RoleBindings of each
#   cluster, by hand and cluster by cluster. Azure RBAC decides by role assignments
#   instead: one place for all clusters, with access reviews, conditions and just-in-
#   time grants, and removed with the person. The rule speaks only of clusters that use
#   Entra ID; AzureManagedControlPlane has no field for it, so it is heard there only
#   when a patch in `asoManagedClusterPatches` says it.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/entra-id-authorization
# - ref: https://learn.microsoft.com/azure/aks/concepts-identity
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
#   - {name: CIS AKS Benchmark v1.7, section: "5.5.2"}
#   remediation: |
#     Set `aadProfile.enableAzureRBAC: true` (Azure Service Operator; in Cluster API through `asoManagedClusterPatches`) or `azureActiveDirectoryRoleBasedAccessControl.azureRbacEnabled: true` (Crossplane).
#   since: 0.1.0
package policies.cluster["aks-azure-rbac-off"]

import data.sekisho.aks

deny contains finding if {
	some cluster in aks.clusters
	aks.enabled(cluster, "entra")
	rbac := aks.field(cluster, "azureRbac")
	not aks.on(rbac.value)
	finding := {
		"path": rbac.path,
		"message": sprintf("cluster %q does not use Azure RBAC", [cluster.name]),
	}
}
