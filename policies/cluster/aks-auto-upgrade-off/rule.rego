# METADATA
# title: Kubernetes version of the cluster is not upgraded by itself
# description: |
#   A minor version gets fixes for about a year. A cluster without an upgrade channel
#   stays where it was created until someone remembers, and then falls out of support
#   with known holes. The channels `patch` and `stable` keep it current within a
#   maintenance window; `node-image` renews only the images of the nodes. Clusters in a
#   fleet are silent: their update runs bring them forward one after another.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/auto-upgrade-cluster
# - ref: https://learn.microsoft.com/azure/aks/upgrade-options
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
#   - {name: Azure Policy, section: Azure Kubernetes Service Clusters should enable cluster auto-upgrade}
#   remediation: |
#     Set `autoUpgradeProfile.upgradeChannel` (Azure Service Operator, Cluster API) or `automaticUpgradeChannel` (Crossplane) to `patch` or `stable`, and give the cluster a maintenance window; or make it a member of a fleet.
#   since: 0.1.0
package policies.cluster["aks-auto-upgrade-off"]

import data.sekisho.aks

deny contains finding if {
	some cluster in aks.clusters
	channel := aks.field(cluster, "upgrade")
	not aks.on(channel.value)
	not _in_fleet(cluster)
	finding := {
		"path": channel.path,
		"message": sprintf("cluster %q has no upgrade channel", [cluster.name]),
	}
}

deny contains finding if {
	some cluster in aks.clusters
	channel := aks.field(cluster, "upgrade")
	channel.value == "node-image"
	not _in_fleet(cluster)
	finding := {
		"path": channel.path,
		"message": sprintf("cluster %q upgrades the images of its nodes, but not Kubernetes", [cluster.name]),
	}
}

_in_fleet(cluster) if aks.enabled(cluster, "fleet")

# FleetsMember of Azure Service Operator.
_in_fleet(cluster) if {
	some members in data.inventory.FleetsMember
	some member in members
	member.spec.clusterResourceReference.name == cluster.name
}
