package policies.access["pod-create_test"]

import data.policies.access["pod-create"] as rule

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

test_pods if {
	found := rule.deny with input as _role([_rule("", "pods", "create")])
	found == {{"path": ["rules", 0, "resources", 0], "message": `cluster role "r" allows create on pods`}}
}

# A running pod keeps its ServiceAccount and volumes, a changed template does not.
test_changes if {
	count(rule.deny) == 0 with input as _role([_rule("", "pods", "patch")])
	count(rule.deny) == 1 with input as _role([_rule("apps", "deployments", "patch")])
}

test_one_rule_for_several_groups if {
	rules := [{"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["create"]}]
	count(rule.deny) == 2 with input as _role(rules)
}

test_shipped if {
	role := object.union(_role([_rule("", "pods", "create")]), {"object": {"metadata": {"name": "system:aggregate-to-edit"}}})
	count(rule.deny) == 0 with input as role
}
