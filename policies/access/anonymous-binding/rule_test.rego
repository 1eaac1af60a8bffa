package policies.access["anonymous-binding_test"]

import data.policies.access["anonymous-binding"] as rule

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

test_anonymous if {
	found := rule.deny with input as _binding("view", [{"kind": "User", "name": "system:anonymous"}])
	found == {{"path": ["subjects", 0, "name"], "message": `cluster role binding "b" gives "view" to everyone`}}
	count(rule.deny) == 1 with input as _binding("view", [{"kind": "Group", "name": "system:unauthenticated"}])
}

test_authenticated_is_a_warning if {
	found := rule.deny with input as _binding("view", [{"kind": "Group", "name": "system:authenticated"}])
	{finding.severity | some finding in found} == {"warning"}
}

test_shipped if {
	count(rule.deny) == 0 with input as _binding("system:public-info-viewer", [
		{"kind": "Group", "name": "system:authenticated"},
		{"kind": "Group", "name": "system:unauthenticated"},
	])
	count(rule.deny) == 1 with input as _binding("system:discovery", [{"kind": "Group", "name": "system:unauthenticated"}])
}

test_others if {
	count(rule.deny) == 0 with input as _binding("view", [{"kind": "Group", "name": "team-a"}, {"kind": "User", "name": "system:unauthenticated"}])
	count(rule.deny) == 0 with input as _binding("view", null)
}
