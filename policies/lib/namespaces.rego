# METADATA
# title: Namespaces as objects
# description: |
#   What rules about a Namespace share: which namespaces the platform owns, and
#   what the same render puts into the one under judgment.
package sekisho.lib.namespaces

# The Namespace under judgment is made and filled by Kubernetes or by AKS.
platform if {
	input.object.metadata.name in {
		"kube-system", "kube-public", "kube-node-lease", "calico-system", "tigera-operator", "gatekeeper-system",
		"aks-command", "aks-istio-system", "aks-istio-ingress", "aks-istio-egress", "app-routing-system",
		"azure-arc", "dataprotection-microsoft",
	}
}

# holds("ResourceQuota") is true when the render puts such an object into the
# namespace. What has no namespace goes where it is applied: into the only one
# that the render makes, else into "default".
holds(kind) if count(data.inventory[kind][input.object.metadata.name]) > 0

holds(kind) if {
	count(data.inventory[kind][""]) > 0
	_unnamed_is_here
}

_unnamed_is_here if input.object.metadata.name == "default"

_unnamed_is_here if count([namespace | some list in data.inventory.Namespace; some namespace in list]) == 1
