package policies.access["individual-user-binding_test"]

import data.policies.access["individual-user-binding"] as rule

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

test_user if {
	found := rule.deny with input as _binding("edit", [{"kind": "User", "name": "someone@example.com"}])
	found == {{
		"path": ["subjects", 0, "name"],
		"message": `cluster role binding "b" gives "edit" to the user "someone@example.com"`,
	}}
}

test_component if {
	count(rule.deny) == 0 with input as _binding("system:kube-scheduler", [{"kind": "User", "name": "system:kube-scheduler"}])
}

test_group_and_account if {
	count(rule.deny) == 0 with input as _binding("edit", [{"kind": "Group", "name": "team"}, {"kind": "ServiceAccount", "name": "ci"}])
}
