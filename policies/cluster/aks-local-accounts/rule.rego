# METADATA
# title: Local accounts of the cluster are on
# description: |
#   An AKS cluster has a local admin account: a client certificate in the group
#   system:masters that whoever may list the cluster's credentials can fetch. It
#   bypasses Microsoft Entra ID, with its multi-factor sign-in and its log of who it
#   was, and no RBAC rule limits it. The account stays until it is disabled, also when
#   Entra ID is on.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/local-accounts
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: warning
#   security_severity: 6.5
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
#   - {name: Azure Policy, section: Azure Kubernetes Service Clusters should have local authentication methods disabled}
#   - {name: CIS AKS Benchmark v1.7, section: "5.5.1"}
#   remediation: |
#     Set `disableLocalAccounts: true` (Azure Service Operator, Cluster API) or `localAccountDisabled: true` (Crossplane), with Microsoft Entra ID on.
#   since: 0.1.0
package policies.cluster["aks-local-accounts"]

import data.sekisho.aks

deny contains finding if {
	some disabled in aks.fields("localAccountsDisabled")
	not aks.on(disabled.value)
	finding := {
		"path": disabled.path,
		"message": sprintf("cluster %q keeps its local accounts", [disabled.cluster]),
	}
}
