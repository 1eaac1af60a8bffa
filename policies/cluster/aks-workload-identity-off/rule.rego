# METADATA
# title: Workload identity of the cluster is off
# description: |
#   Microsoft Entra Workload ID gives a pod an Azure identity through its
#   ServiceAccount: the cluster's OIDC issuer signs the token, Entra ID trusts the
#   issuer. Without it, workloads reach Azure with secrets in the cluster or with the
#   identity of the node, which every pod on it can borrow. Both the issuer and the
#   webhook must be on.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/workload-identity-overview
# - ref: https://learn.microsoft.com/azure/aks/use-oidc-issuer
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: note
#   security_severity: 3.0
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
#   - {name: Azure Policy, section: Azure Kubernetes Service Clusters should enable workload identity}
#   - {name: Microsoft AKS baseline, section: Integrate Microsoft Entra ID for the workload}
#   remediation: |
#     Set `oidcIssuerProfile.enabled: true` and `securityProfile.workloadIdentity.enabled: true` (Azure Service Operator, Cluster API), or `oidcIssuerEnabled: true` and `workloadIdentityEnabled: true` (Crossplane).
#   since: 0.1.0
package policies.cluster["aks-workload-identity-off"]

import data.sekisho.aks

deny contains finding if {
	some identity in aks.fields("workloadIdentity")
	not aks.on(identity.value)
	finding := {
		"path": identity.path,
		"message": sprintf("cluster %q does not use workload identity", [identity.cluster]),
	}
}

deny contains finding if {
	some cluster in aks.clusters
	aks.enabled(cluster, "workloadIdentity")
	issuer := aks.field(cluster, "oidcIssuer")
	not aks.on(issuer.value)
	finding := {
		"path": issuer.path,
		"message": sprintf("cluster %q uses workload identity without an OIDC issuer", [cluster.name]),
	}
}
