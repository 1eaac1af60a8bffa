# METADATA
# title: Cluster role adds to the built-in roles
# description: |
#   The labels rbac.authorization.k8s.io/aggregate-to-admin, -edit and -view add the
#   rules of a ClusterRole to the built-in role of that name, in every namespace, for
#   everyone who has it, and no binding shows it. For edit and view the usual case is
#   left alone: custom resources, and for view reading them.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 5.0
#   profile: default
#   confidence: medium
#   kinds: [ClusterRole]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Remove the label and bind the ClusterRole where it is needed.
#   since: 0.1.0
package policies.access["aggregated-to-admin"]

import data.sekisho.lib.rbac

deny contains finding if {
	some role in ["admin", "edit", "view"]
	label := sprintf("rbac.authorization.k8s.io/aggregate-to-%s", [role])
	input.object.metadata.labels[label] in {"true", true}
	some rule in rbac.rules
	_notable(role, rule)
	finding := {
		"path": ["metadata", "labels", label],
		"message": sprintf("%s adds its rules to the built-in role %q", [rbac.title, role]),
	}
}

_notable("admin", _)

_notable(role, rule) if {
	role in {"edit", "view"}
	some group in rule.apiGroups
	_builtin_group(group)
}

_notable("view", rule) if {
	some verb in rule.verbs
	not verb in {"get", "list", "watch"}
}

# Groups of custom resources are domain names that are not Kubernetes' own.
_builtin_group(group) if {
	is_string(group)
	not contains(group, ".")
}

_builtin_group(group) if {
	is_string(group)
	endswith(group, ".k8s.io")
}
