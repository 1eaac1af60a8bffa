# METADATA
# title: Role that may read every Secret
# description: |
#   The verb `get`, `list` or `watch` on `secrets` without `resourceNames` gives away every
#   Secret of the namespace, and `list` returns the values, not only the names. In
#   a ClusterRole that a ClusterRoleBinding grants it is every Secret of the
#   cluster, service account tokens among them: an error. Rules for all
#   resources (`*`) are reported by wildcard-rule.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/#least-privilege-secrets
# custom:
#   severity: warning
#   security_severity: 6.5
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.1.2"}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: "Authentication and authorization"}
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K03: Overly Permissive RBAC"}
#   remediation: |
#     Name the Secrets that are needed in `resourceNames` with the verb `get`, or mount them instead of reading them through the API.
#   since: 0.1.0
package policies.secrets["secret-access-broad"]

import data.sekisho.lib

_reading := {"get", "list", "watch", "*"}

deny contains finding if {
	some rule in lib.items(lib.root, ["rules"])
	some group in object.get(rule.value, ["apiGroups"], [])
	group in {"", "*"}
	some i, resource in object.get(rule.value, ["resources"], [])
	resource == "secrets"
	verbs := [verb | some verb in object.get(rule.value, ["verbs"], []); verb in _reading]
	count(verbs) > 0
	count(_names(rule.value)) == 0
	finding := {
		"path": lib.at(rule, ["resources", i]),
		"severity": _severity,
		"message": sprintf("%s %q may %s all secrets%s", [input.kind, lib.object_name, concat(", ", verbs), _granted]),
	}
}

_names(rule) := names if {
	names := object.get(rule, ["resourceNames"], [])
	is_array(names)
} else := []

_severity := "error" if {
	count(_cluster_bindings) > 0
} else := "warning"

_granted := sprintf(" of the cluster: ClusterRoleBinding %q grants it everywhere", [min(_cluster_bindings)]) if {
	count(_cluster_bindings) > 0
} else := ""

_cluster_bindings contains lib.name(binding.metadata) if {
	input.kind == "ClusterRole"
	some objects in data.inventory.ClusterRoleBinding
	some binding in objects
	binding.roleRef.kind == "ClusterRole"
	binding.roleRef.name == lib.object_name
}
