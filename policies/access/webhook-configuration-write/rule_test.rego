package policies.access["webhook-configuration-write_test"]

import data.policies.access["webhook-configuration-write"] as rule

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
	found := rule.deny with input as _role([_rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "create")])
	found == {{
		"path": ["rules", 0, "resources", 0],
		"message": `cluster role "r" allows create on mutatingwebhookconfigurations`,
	}}
}

# Even one named configuration can be made to see every object.
test_names_do_not_help if {
	named := object.union(_rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "patch"), {"resourceNames": ["own"]})
	count(rule.deny) == 1 with input as _role([named])
}

test_read if {
	count(rule.deny) == 0 with input as _role([_rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "list")])
}
