package policies.access["persistent-volume-create_test"]

import data.policies.access["persistent-volume-create"] as rule

_role(rules) := {
	"kind": "ClusterRole",
	"object": {
		"apiVersion": "rbac.authorization.k8s.io/v1",
		"kind": "ClusterRole",
		"metadata": {"name": "r"},
		"rules": rules,
	},
}

_rule(group, resource, verb) := {"apiGroups": [group], "resources": [resource], "verbs": [verb]}

test_create if {
	found := rule.deny with input as _role([_rule("", "persistentvolumes", "create")])
	found == {{
		"path": ["rules", 0, "resources", 0],
		"message": `cluster role "r" allows create on persistentvolumes`,
	}}
}

# The source of a volume cannot be changed later.
test_update if {
	count(rule.deny) == 0 with input as _role([_rule("", "persistentvolumes", "update")])
}

test_shipped if {
	role := object.union(
		_role([_rule("", "persistentvolumes", "create")]),
		{"object": {"metadata": {"name": "system:persistent-volume-provisioner"}}},
	)
	count(rule.deny) == 0 with input as role
}
