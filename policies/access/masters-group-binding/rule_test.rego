package policies.access["masters-group-binding_test"]

import data.policies.access["masters-group-binding"] as rule

_binding(role, subjects) := {
	"kind": "ClusterRoleBinding",
	"object": {
		"apiVersion": "rbac.authorization.k8s.io/v1",
		"kind": "ClusterRoleBinding",
		"metadata": {"name": "b"},
		"roleRef": {"kind": "ClusterRole", "name": role},
		"subjects": subjects,
	},
}

test_masters if {
	found := rule.deny with input as _binding("edit", [{"kind": "Group", "name": "team"}, {"kind": "Group", "name": "system:masters"}])
	found == {{
		"path": ["subjects", 1, "name"],
		"message": `cluster role binding "b" names the group "system:masters"`,
	}}
}

test_shipped if {
	binding := object.union(
		_binding("cluster-admin", [{"kind": "Group", "name": "system:masters"}]),
		{"object": {"metadata": {"name": "cluster-admin"}}},
	)
	count(rule.deny) == 0 with input as binding
}

test_user_of_that_name if {
	count(rule.deny) == 0 with input as _binding("edit", [{"kind": "User", "name": "system:masters"}])
}
