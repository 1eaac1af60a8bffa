# METADATA
# title: Cluster does not enforce network policies
# description: |
#   A NetworkPolicy is only a wish until an engine enforces it. Without `networkPolicy`
#   AKS installs none: the API server accepts every policy, and every pod still reaches
#   every other one. Changing it later can mean rebuilding the cluster's network. Silent
#   for clusters that bring a network plugin of their own (`networkPlugin: none`), and
#   for the Cilium data plane, which enforces policies by itself.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/use-network-policies
# - ref: https://learn.microsoft.com/azure/aks/azure-cni-powered-by-cilium
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: error
#   security_severity: 7.0
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
#   - {name: CIS AKS Benchmark v1.7, section: "5.4.4"}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   - {name: Microsoft AKS baseline, section: Secure the network flow}
#   remediation: |
#     Set `networkProfile.networkPolicy` (Azure Service Operator, Crossplane) or `networkPolicy` (Cluster API) to `cilium`, with the Cilium data plane, or to `calico` or `azure`.
#   since: 0.1.0
package policies.cluster["aks-network-policy-off"]

import data.sekisho.aks

deny contains finding if {
	some cluster in aks.clusters
	engine := aks.field(cluster, "networkPolicy")
	not aks.on(engine.value)
	not aks.is(cluster, "networkPlugin", "none")
	not aks.is(cluster, "dataplane", "cilium")
	finding := {
		"path": engine.path,
		"message": sprintf("cluster %q enforces no network policies", [cluster.name]),
	}
}
