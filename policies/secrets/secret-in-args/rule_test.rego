package policies.secrets["secret-in-args_test"]

import data.policies.secrets["secret-in-args"] as rule

_credential := {
	"path": ["spec", "containers", 0, "args", 1],
	"where": "args",
	"container": "app",
	"key": "--password",
	"kind": "credential",
	"shown": "hu… (12 characters)",
}

_message(changes) := finding.message if {
	some finding in rule.deny with input as {"facts": {"credentials": [object.union(_credential, changes)]}}
}

test_command_line if {
	_message({}) == `the command line of container "app" holds a credential: hu… (12 characters)`
}

test_url_in_annotation if {
	_message({"where": "annotation", "key": "example.com/db", "kind": "connection-string", "inner": "postgres URL"}) == concat("", [
		`annotation "example.com/db" of container "app" holds a password in a connection string under "postgres URL": `,
		"hu… (12 characters)",
	])
}

test_other_places_are_silent if {
	every where in ["env", "config-map", "secret", "label"] {
		count(rule.deny) == 0 with input as {"facts": {"credentials": [object.union(_credential, {"where": where})]}}
	}
}

test_field_from_values_is_silent if {
	field := object.union(_credential, {"where": "field", "default_of": "auth.password"})
	count(rule.deny) == 0 with input as {"facts": {"credentials": [field]}}
}
