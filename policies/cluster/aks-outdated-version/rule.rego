# METADATA
# title: Cluster runs a Kubernetes version out of support
# description: |
#   AKS supports the newest minor version it offers and the two before (N-2); after that
#   there are no fixes, and the cluster is upgraded only by hand, minor by minor. The
#   rule counts from the version of `--kube-version`. It allows one minor more than N-2,
#   for AKS offers a version some months after its release; set `window: 2` where
#   `--kube-version` is the newest that AKS offers. Clusters with the plan
#   AKSLongTermSupport get fixes for two years. Pools that stand in the cluster's object
#   are judged too.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/supported-kubernetes-versions
# - ref: https://learn.microsoft.com/azure/aks/long-term-support
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: warning
#   security_severity: 5.5
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
#   - {name: Azure Policy, section: Kubernetes Services should be upgraded to a non-vulnerable Kubernetes version}
#   params:
#     window: 3
#     long_term_window: 6
#   remediation: |
#     Upgrade `kubernetesVersion` (Azure Service Operator, Crossplane) or `version` (Cluster API), one minor version after another, then the `orchestratorVersion` of the pools; or pay for time with `supportPlan: AKSLongTermSupport`.
#   since: 0.1.0
package policies.cluster["aks-outdated-version"]

import data.sekisho.aks

deny contains finding if {
	some cluster in aks.clusters
	version := aks.field(cluster, "version")
	minor := _minor(version.value)
	data.kube.minor - minor > _window(cluster)
	finding := {
		"path": version.path,
		"message": sprintf("cluster %q runs Kubernetes 1.%d, %d minor versions behind 1.%d", [
			cluster.name, minor,
			data.kube.minor - minor, data.kube.minor,
		]),
	}
}

deny contains finding if {
	some cluster in aks.clusters
	some pool in aks.pools
	version := aks.field(pool, "poolVersion")
	minor := _minor(version.value)
	data.kube.minor - minor > _window(cluster)
	finding := {
		"path": version.path,
		"message": sprintf("node pool %q runs Kubernetes 1.%d, %d minor versions behind 1.%d", [
			pool.name, minor,
			data.kube.minor - minor, data.kube.minor,
		]),
	}
}

_window(cluster) := data.params["aks-outdated-version"].long_term_window if {
	aks.is(cluster, "supportPlan", "AKSLongTermSupport")
} else := data.params["aks-outdated-version"].window

# 34 of "1.34.2" and "v1.34".
_minor(version) := to_number(found[0][1]) if {
	is_string(version)
	found := regex.find_all_string_submatch_n(`^v?1\.([0-9]+)`, version, 1)
	count(found) > 0
}
