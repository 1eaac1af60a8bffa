# METADATA
# title: What the rules about API versions share
# description: |
#   Kinds whose new version has the fields of the old one with the same meaning and
#   the same defaults, so that a manifest moves by its apiVersion alone:
#   https://kubernetes.io/docs/reference/using-api/deprecation-guide/ lists no
#   notable change for them.
package sekisho.lib.api

renamed := {
	"batch/v1beta1": {"CronJob"},
	"coordination.k8s.io/v1beta1": {"Lease"},
	"networking.k8s.io/v1beta1": {"IngressClass"},
	"node.k8s.io/v1beta1": {"RuntimeClass"},
	"policy/v1beta1": {"PodDisruptionBudget"},
	"rbac.authorization.k8s.io/v1alpha1": {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"},
	"rbac.authorization.k8s.io/v1beta1": {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"},
	"scheduling.k8s.io/v1beta1": {"PriorityClass"},
	"storage.k8s.io/v1beta1": {"CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment"},
}

# move(replacement) is what moves the object under judgment to the version that
# takes the place of its own, as a part of a finding; empty where more than the name
# differs.
move(replacement) := {"fix": [{"op": "replace", "path": ["apiVersion"], "value": replacement}]} if {
	input.kind in renamed[input.object.apiVersion]
	regex.match(`^[a-z0-9.]+/v[0-9]+$`, replacement)
	not _selects_all
} else := {}

# An empty selector selects no pod in policy/v1beta1 and all pods in policy/v1.
_selects_all if {
	input.kind == "PodDisruptionBudget"
	selector := object.get(input.object, ["spec", "selector"], null)
	is_object(selector)
	count([entry |
		some field in ["matchLabels", "matchExpressions"]
		some entry in object.get(selector, field, [])
	]) == 0
}
