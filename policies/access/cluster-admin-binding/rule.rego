# METADATA
# title: Binding gives cluster-admin
# description: |
#   The built-in ClusterRole cluster-admin allows every verb on every resource.
#   Bound by a ClusterRoleBinding it is the whole cluster, every Secret of every
#   namespace included; bound by a RoleBinding it is everything in one namespace.
#   A stolen token of such a subject cannot be contained by any other rule.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: error
#   security_severity: 8.8
#   profile: default
#   confidence: high
#   kinds: [ClusterRoleBinding, RoleBinding]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.1}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Bind a Role or ClusterRole that lists only the verbs and resources the subject needs, and set roleRef.name to it.
#   since: 0.1.0
package policies.access["cluster-admin-binding"]

import data.sekisho.lib
import data.sekisho.lib.rbac

deny contains finding if {
	_cluster_admin
	input.kind == "ClusterRoleBinding"
	finding := {
		"path": ["roleRef", "name"],
		"message": sprintf("cluster role binding %q gives cluster-admin on the whole cluster", [lib.object_name]),
	}
}

# Full power over one namespace is bad, but it stays in the namespace.
deny contains finding if {
	_cluster_admin
	input.kind == "RoleBinding"
	finding := {
		"path": ["roleRef", "name"],
		"message": sprintf("role binding %q gives cluster-admin in its namespace", [lib.object_name]),
		"severity": "warning",
	}
}

_cluster_admin if {
	input.object.roleRef.kind == "ClusterRole"
	input.object.roleRef.name == "cluster-admin"
	not _shipped
}

# Every cluster is created with a binding of the role to the group system:masters.
_shipped if {
	some _ in input.object.subjects
	count(rbac.subjects) == 0
}
