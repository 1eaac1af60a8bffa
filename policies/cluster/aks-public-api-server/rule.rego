# METADATA
# title: API server of the cluster is open to the internet
# description: |
#   An AKS cluster has a public API server unless it is private. Everyone can then try
#   stolen credentials on it, and a flaw of the API server is reachable from everywhere.
#   Authorized IP ranges narrow the public address to the networks the team works from;
#   a private cluster has no public address at all. A range that ends in /0 narrows
#   nothing.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges
# - ref: https://learn.microsoft.com/azure/aks/private-clusters
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: error
#   security_severity: 8.0
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
#   - {name: CIS AKS Benchmark v1.7, section: "5.4.1"}
#   - {name: CIS AKS Benchmark v1.7, section: "5.4.2"}
#   - {name: Azure Policy, section: Authorized IP ranges should be defined on Kubernetes Services}
#   - {name: Azure Policy, section: Azure Kubernetes Service Private Clusters should be enabled}
#   remediation: |
#     Set `apiServerAccessProfile.enablePrivateCluster: true` (Azure Service Operator, Cluster API) or `privateClusterEnabled: true` (Crossplane); where the API server must be public, list the team's networks in `apiServerAccessProfile.authorizedIPRanges` (Crossplane: `authorizedIpRanges`).
#   since: 0.1.0
package policies.cluster["aks-public-api-server"]

import data.sekisho.aks

deny contains finding if {
	some cluster in _public
	ranges := aks.field(cluster, "authorizedRanges")
	not aks.on(ranges.value)
	finding := {
		"path": aks.field(cluster, "private").path,
		"message": sprintf("cluster %q has a public API server and no authorized IP ranges", [cluster.name]),
	}
}

deny contains finding if {
	some cluster in _public
	ranges := aks.field(cluster, "authorizedRanges")
	some i, range in ranges.value
	is_string(range)
	endswith(range, "/0")
	finding := {
		"path": array.concat(ranges.path, [i]),
		"message": sprintf("cluster %q lets every address reach its API server: authorized IP range %q", [cluster.name, range]),
	}
}

_public := [cluster |
	some cluster in aks.clusters
	not aks.enabled(cluster, "private")
	not aks.is(cluster, "publicAccess", "Disabled")
]
