package policies.access["service-status-write_test"]

import data.policies.access["service-status-write"] as rule

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

test_write if {
	found := rule.deny with input as _role([_rule("", "services/status", "patch")])
	found == {{
		"path": ["rules", 0, "resources", 0],
		"message": `cluster role "r" allows patch on services/status`,
	}}
}

test_read_and_other_status if {
	count(rule.deny) == 0 with input as _role([_rule("", "services/status", "get")])
	count(rule.deny) == 0 with input as _role([_rule("networking.k8s.io", "ingresses/status", "patch")])
}
