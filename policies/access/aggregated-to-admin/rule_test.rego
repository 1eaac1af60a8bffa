package policies.access["aggregated-to-admin_test"]

import data.policies.access["aggregated-to-admin"] as rule

_role(role, group, verb) := {
	"kind": "ClusterRole",
	"object": {
		"apiVersion": "rbac.authorization.k8s.io/v1",
		"kind": "ClusterRole",
		"metadata": {"name": "r", "labels": {sprintf("rbac.authorization.k8s.io/aggregate-to-%s", [role]): "true"}},
		"rules": [{"apiGroups": [group], "resources": ["things"], "verbs": [verb]}],
	},
}

test_admin if {
	found := rule.deny with input as _role("admin", "example.com", "create")
	found == {{
		"path": ["metadata", "labels", "rbac.authorization.k8s.io/aggregate-to-admin"],
		"message": `cluster role "r" adds its rules to the built-in role "admin"`,
	}}
	count(rule.deny) == 0 with input as _role("admin", "metrics.k8s.io", "get")
}

test_one_finding_for_several_labels if {
	labels := {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
	role := object.union(_role("edit", "", "get"), {"object": {"metadata": {"labels": labels}}})
	found := rule.deny with input as role
	{finding.message | some finding in found} == {`cluster role "r" adds its rules to the built-in role "edit" and "view"`}
}

test_edit if {
	count(rule.deny) == 0 with input as _role("edit", "example.com", "create")
	count(rule.deny) == 1 with input as _role("edit", "", "create")
	count(rule.deny) == 1 with input as _role("edit", "*", "create")
	count(rule.deny) == 1 with input as _role("edit", "networking.k8s.io", "create")
}

test_view if {
	count(rule.deny) == 0 with input as _role("view", "example.com", "get")
	count(rule.deny) == 1 with input as _role("view", "example.com", "create")
	count(rule.deny) == 1 with input as _role("view", "", "get")
}

test_other_roles if {
	count(rule.deny) == 0 with input as _role("tenant", "", "create")
}

test_shipped if {
	role := object.union(_role("admin", "", "create"), {"object": {"metadata": {"name": "system:aggregate-to-admin"}}})
	count(rule.deny) == 0 with input as role
}
