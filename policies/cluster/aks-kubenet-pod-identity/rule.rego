# METADATA
# title: Pod identity on the kubenet network
# description: |
#   On kubenet the pods of a node share a bridge, and a pod that may send raw packets
#   can answer ARP for another one's address. Pod identity knows pods by their address,
#   so such a pod gets the other one's Azure identity. AKS refuses the pair unless the
#   field `allowNetworkPluginKubenet` waives the check. Cluster API and Crossplane have
#   no field for pod identity; the rule hears them only through
#   `asoManagedClusterPatches`.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/use-azure-ad-pod-identity
# - ref: https://azure.github.io/aad-pod-identity/docs/configure/aad_pod_identity_on_kubenet/
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: error
#   security_severity: 7.8
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
#   - {name: Azure Policy, section: Azure Kubernetes Clusters should use Azure CNI}
#   remediation: |
#     Set `podIdentityProfile.enabled: false` and use Microsoft Entra Workload ID; where pod identity must stay a while, use `networkProfile.networkPlugin: azure` and remove `allowNetworkPluginKubenet`.
#   since: 0.1.0
package policies.cluster["aks-kubenet-pod-identity"]

import data.sekisho.aks

deny contains finding if {
	some cluster in aks.clusters
	aks.enabled(cluster, "podIdentity")
	waiver := aks.field(cluster, "podIdentityOnKubenet")
	aks.on(waiver.value)
	not _other_plugin(cluster)
	finding := {
		"path": waiver.path,
		"message": sprintf("cluster %q allows pod identity on kubenet", [cluster.name]),
	}
}

deny contains finding if {
	some cluster in aks.clusters
	identity := aks.field(cluster, "podIdentity")
	aks.on(identity.value)
	not aks.enabled(cluster, "podIdentityOnKubenet")
	aks.is(cluster, "networkPlugin", "kubenet")
	finding := {
		"path": identity.path,
		"message": sprintf("cluster %q uses pod identity on kubenet", [cluster.name]),
	}
}

_other_plugin(cluster) if {
	plugin := aks.field(cluster, "networkPlugin").value
	not plugin in {null, "kubenet"}
}
