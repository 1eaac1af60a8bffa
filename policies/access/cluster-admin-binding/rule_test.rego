package policies.access["cluster-admin-binding_test"]

import data.policies.access["cluster-admin-binding"] as rule

_binding(kind, role) := {"kind": kind, "object": {"kind": kind, "metadata": {"name": "b"}, "roleRef": role}}

test_cluster_wide_is_an_error if {
	some finding in rule.deny with input as _binding("ClusterRoleBinding", {"kind": "ClusterRole", "name": "cluster-admin"})
	not finding.severity
}

test_in_a_namespace_is_a_warning if {
	some finding in rule.deny with input as _binding("RoleBinding", {"kind": "ClusterRole", "name": "cluster-admin"})
	finding.severity == "warning"
}

# A Role that happens to have the name is not the built-in one.
test_own_role_of_that_name if {
	count(rule.deny) == 0 with input as _binding("RoleBinding", {"kind": "Role", "name": "cluster-admin"})
}

test_other_role if {
	count(rule.deny) == 0 with input as _binding("ClusterRoleBinding", {"kind": "ClusterRole", "name": "view"})
}

# The binding that every cluster has.
test_shipped if {
	binding := object.union(_binding("ClusterRoleBinding", {"kind": "ClusterRole", "name": "cluster-admin"}), {"object": {
		"apiVersion": "rbac.authorization.k8s.io/v1",
		"metadata": {"name": "cluster-admin"},
		"subjects": [{"kind": "Group", "name": "system:masters"}],
	}})
	count(rule.deny) == 0 with input as binding
	count(rule.deny) == 1 with input as object.union(binding, {"object": {"metadata": {"name": "copy"}}})
}
