package policies.secrets["secret-access-broad_test"]

import data.policies.secrets["secret-access-broad"] as rule

_input(kind, rules) := {"kind": kind, "object": {"metadata": {"name": "reader"}, "rules": [rules]}}

_rule := {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["create", "list"]}

test_role if {
	found := rule.deny with input as _input("Role", _rule) with data.inventory as {}
	found == {{"path": ["rules", 0, "resources", 1], "severity": "warning", "message": `Role "reader" may list all secrets`}}
}

test_cluster_role_bound_everywhere if {
	binding := {"metadata": {"name": "readers"}, "roleRef": {"kind": "ClusterRole", "name": "reader"}}
	some finding in rule.deny with input as _input("ClusterRole", _rule)
		with data.inventory as {"ClusterRoleBinding": {"": [binding]}}
	finding.severity == "error"
	endswith(finding.message, `ClusterRoleBinding "readers" grants it everywhere`)
}

test_cluster_role_bound_in_a_namespace if {
	binding := {"metadata": {"name": "readers"}, "roleRef": {"kind": "ClusterRole", "name": "reader"}}
	some finding in rule.deny with input as _input("ClusterRole", _rule)
		with data.inventory as {"RoleBinding": {"a": [binding]}}
	finding.severity == "warning"
}

test_named_secrets if {
	count(rule.deny) == 0 with input as _input("Role", object.union(_rule, {"resourceNames": ["db"]})) with data.inventory as {}
}

test_empty_names_name_nothing if {
	count(rule.deny) == 1 with input as _input("Role", object.union(_rule, {"resourceNames": null})) with data.inventory as {}
}

test_writing_only if {
	count(rule.deny) == 0 with input as _input("Role", object.union(_rule, {"verbs": ["create"]})) with data.inventory as {}
}

test_another_group if {
	count(rule.deny) == 0 with input as _input("Role", object.union(_rule, {"apiGroups": ["example.com"]})) with data.inventory as {}
}

test_no_rules if count(rule.deny) == 0 with input as {"kind": "ClusterRole", "object": {"rules": null}} with data.inventory as {}
