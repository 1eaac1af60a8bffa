package policies.secrets["secret-in-config-map_test"]

import data.policies.secrets["secret-in-config-map"] as rule

_credential := {
	"path": ["data", "app.properties"],
	"where": "config-map",
	"key": "app.properties",
	"inner": "db.password",
	"line": 3,
	"kind": "credential",
	"shown": "hu… (12 characters)",
}

_input(list) := {
	"kind": "ConfigMap",
	"object": {"metadata": {"name": "app"}},
	"facts": {"credentials": list},
}

test_names_key_inner_name_and_line if {
	some finding in rule.deny with input as _input([_credential])
	finding.message == `key "app.properties" of ConfigMap "app" holds a credential under "db.password" on line 3: hu… (12 characters)`
}

test_one_finding_for_a_file if {
	second := object.union(_credential, {"inner": "api.token", "line": 9})
	found := rule.deny with input as _input([_credential, second])
	count(found) == 1
	some finding in found
	endswith(finding.message, "(12 characters), and 1 more")
}

test_private_key_beside_it_is_not_counted if {
	key := object.union(_credential, {"kind": "private-key"})
	some finding in rule.deny with input as _input([key, _credential])
	endswith(finding.message, "(12 characters)")
}

test_placeholder_is_silent if {
	count(rule.deny) == 0 with input as _input([object.union(_credential, {"kind": "placeholder"})])
}
