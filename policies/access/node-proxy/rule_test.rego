package policies.access["node-proxy_test"]

import data.policies.access["node-proxy"] as rule

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

test_get_is_enough if {
	found := rule.deny with input as _role([_rule("", "nodes/proxy", "get")])
	found == {{"path": ["rules", 0, "resources", 0], "message": `cluster role "r" allows get on nodes/proxy`}}
}

test_other if {
	count(rule.deny) == 0 with input as _role([_rule("", "nodes", "get")])
	count(rule.deny) == 0 with input as _role([_rule("", "services/proxy", "get")])
}

test_shipped if {
	role := object.union(_role([_rule("", "nodes/proxy", "*")]), {"object": {"metadata": {"name": "system:kubelet-api-admin"}}})
	count(rule.deny) == 0 with input as role
}
