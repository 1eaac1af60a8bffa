package policies.access["pod-exec_test"]

import data.policies.access["pod-exec"] as rule

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

test_message_and_path if {
	found := rule.deny with input as _role([{"apiGroups": [""], "resources": ["pods", "pods/exec", "pods/attach"], "verbs": ["get", "create"]}])
	found == {{
		"path": ["rules", 0, "resources", 1],
		"message": `cluster role "r" allows get, create on pods/exec, pods/attach`,
	}}
}

test_star_before_subresource if {
	count(rule.deny) == 1 with input as _role([_rule("*", "*/exec", "create")])
}

test_every_resource_is_another_rules if {
	count(rule.deny) == 0 with input as _role([_rule("*", "*", "*")])
}

test_other_group_resource_or_verb if {
	count(rule.deny) == 0 with input as _role([_rule("metrics.k8s.io", "pods/exec", "create")])
	count(rule.deny) == 0 with input as _role([_rule("", "pods", "create")])
	count(rule.deny) == 0 with input as _role([_rule("", "pods/exec", "delete")])
	count(rule.deny) == 0 with input as _role(null)
}
