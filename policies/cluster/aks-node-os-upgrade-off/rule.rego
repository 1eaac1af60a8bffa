# METADATA
# title: Operating system of the nodes is not patched
# description: |
#   Holes of the kernel and the container runtime are closed by new packages on the
#   nodes. With the channel `None` nobody installs them. With `Unmanaged` the operating
#   system does it by itself where it can: a new node starts unpatched, kernels wait for
#   a restart that nobody orders, Windows is not patched at all. Where nothing is
#   written, AKS chooses `NodeImage`, so that is silent. Cluster API has no field for
#   it; the rule hears it there through `asoManagedClusterPatches`.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/auto-upgrade-node-os-image
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
#   - {name: Azure Policy, section: Azure Kubernetes Service Clusters should enable node os auto-upgrade}
#   remediation: |
#     Set `autoUpgradeProfile.nodeOSUpgradeChannel` (Azure Service Operator) or `nodeOsUpgradeChannel` (Crossplane) to `NodeImage` or `SecurityPatch`.
#   since: 0.1.0
package policies.cluster["aks-node-os-upgrade-off"]

import data.sekisho.aks

deny contains finding if {
	some channel in aks.fields("nodeUpgrade")
	is_string(channel.value)
	message := _messages[lower(channel.value)]
	finding := {
		"path": channel.path,
		"message": sprintf(message, [channel.cluster]),
	}
}

_messages := {
	"none": "cluster %q does not patch the operating system of its nodes",
	"unmanaged": "cluster %q leaves patches of its nodes to their operating system, without restarts",
}
