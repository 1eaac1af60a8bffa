package policies.access["token-create_test"]

import data.policies.access["token-create"] as rule

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
	found := rule.deny with input as _role([_rule("", "serviceaccounts/token", "create")])
	found == {{
		"path": ["rules", 0, "resources", 0],
		"message": `cluster role "r" allows create on serviceaccounts/token`,
	}}
}

test_named_accounts if {
	count(rule.deny) == 0 with input as _role([object.union(_rule("", "serviceaccounts/token", "create"), {"resourceNames": ["app"]})])
	count(rule.deny) == 1 with input as _role([object.union(_rule("", "serviceaccounts/token", "create"), {"resourceNames": []})])
}

test_accounts_themselves if {
	count(rule.deny) == 0 with input as _role([_rule("", "serviceaccounts", "create")])
}
