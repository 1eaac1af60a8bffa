package policies.access["privilege-escalation-verb_test"]

import data.policies.access["privilege-escalation-verb"] as rule

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

_rbac_rule(verbs, names) := {
	"apiGroups": ["rbac.authorization.k8s.io"],
	"resources": ["clusterroles"],
	"verbs": verbs,
	"resourceNames": names,
}

test_escalate if {
	found := rule.deny with input as _role([_rule("rbac.authorization.k8s.io", "clusterroles", "escalate")])
	found == {{
		"path": ["rules", 0, "resources", 0],
		"message": `cluster role "r" allows escalate on clusterroles`,
	}}
}

test_one_finding_a_rule if {
	count(rule.deny) == 1 with input as _role([_rbac_rule(["bind", "escalate"], [])])
	count(rule.deny) == 1 with input as _role([_rbac_rule(["*"], [])])
}

test_bind_of_named_roles if {
	count(rule.deny) == 0 with input as _role([_rbac_rule(["bind"], ["view", "own"])])
	count(rule.deny) == 1 with input as _role([_rbac_rule(["bind"], ["view", "cluster-admin"])])
}

# The named role itself can be given any right.
test_escalate_of_named_roles if {
	count(rule.deny) == 1 with input as _role([_rbac_rule(["escalate"], ["own"])])
}

test_impersonate if {
	count(rule.deny) == 1 with input as _role([_rule("", "users", "impersonate")])
	count(rule.deny) == 0 with input as _role([object.union(_rule("", "users", "impersonate"), {"resourceNames": ["ci"]})])
	count(rule.deny) == 1 with input as _role([object.union(_rule("", "groups", "impersonate"), {"resourceNames": ["system:masters"]})])
}

test_plain_verbs if {
	count(rule.deny) == 0 with input as _role([_rbac_rule(["get", "list", "create", "update"], [])])
}

test_shipped if {
	role := object.union(_role([_rule("", "serviceaccounts", "impersonate")]), {"object": {"metadata": {"name": "system:aggregate-to-edit"}}})
	count(rule.deny) == 0 with input as role
}
