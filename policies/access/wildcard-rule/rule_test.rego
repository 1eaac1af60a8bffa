package policies.access["wildcard-rule_test"]

import data.policies.access["wildcard-rule"] as rule

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

_messages := {finding.message | some finding in rule.deny}

test_everything if {
	found := rule.deny with input as _role([_rule("*", "*", "*")])
	found == {{
		"path": ["rules", 0, "resources", 0],
		"message": `cluster role "r" allows every verb on every resource of every API group`,
	}}
}

test_verbs if {
	found := rule.deny with input as _role([{"apiGroups": ["example.com"], "resources": ["apps"], "verbs": ["get", "*"]}])
	found == {{"path": ["rules", 0, "verbs", 1], "message": `cluster role "r" allows every verb on apps`}}
}

test_urls if {
	_messages == {`cluster role "r" allows get on every URL`} with input as _role([{"nonResourceURLs": ["*"], "verbs": ["get"]}])
	count(_messages) == 0 with input as _role([{"nonResourceURLs": ["/healthz/*"], "verbs": ["get"]}])
}

test_group_alone_is_a_warning if {
	found := rule.deny with input as _role([_rule("*", "deployments", "get")])
	found == {{
		"path": ["rules", 0, "apiGroups", 0],
		"message": `cluster role "r" allows get on deployments of every API group`,
		"severity": "warning",
	}}
}

test_listed if {
	count(rule.deny) == 0 with input as _role([_rule("", "pods", "get")])
	count(rule.deny) == 0 with input as _role([])
}

test_shipped if {
	role := object.union(_role([_rule("*", "*", "*")]), {"object": {"metadata": {"name": "cluster-admin"}}})
	count(rule.deny) == 0 with input as role
}

# Another API's Role is not this one.
test_other_api if {
	role := object.union(_role([_rule("*", "*", "*")]), {"object": {"apiVersion": "example.com/v1"}})
	count(rule.deny) == 0 with input as role
}
