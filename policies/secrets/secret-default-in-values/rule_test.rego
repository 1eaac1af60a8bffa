package policies.secrets["secret-default-in-values_test"]

import data.policies.secrets["secret-default-in-values"] as rule

_credential := {
	"path": ["data", "password"],
	"where": "secret",
	"key": "password",
	"kind": "credential",
	"shown": "hu… (12 characters)",
	"default_of": "auth.password",
}

_input(c) := {
	"kind": "Secret",
	"object": {"metadata": {"name": "db"}},
	"facts": {"credentials": [c]},
}

test_names_the_values_key if {
	some finding in rule.deny with input as _input(_credential)
	finding.severity == "error"
	finding.message == concat("", [
		`key "password" of Secret "db" is the default of "auth.password" in the chart's values: `,
		"a credential: hu… (12 characters)",
	])
}

test_placeholder_is_a_warning if {
	some finding in rule.deny with input as _input(object.union(_credential, {"kind": "placeholder"}))
	finding.severity == "warning"
}

test_field_of_a_custom_resource if {
	count(rule.deny) == 1 with input as _input(object.union(_credential, {"where": "field"}))
}

test_variables_have_their_own_rule if {
	count(rule.deny) == 0 with input as _input(object.union(_credential, {"where": "env"}))
}

test_not_a_default if {
	count(rule.deny) == 0 with input as _input(object.remove(_credential, ["default_of"]))
}

test_harmless_values_are_silent if {
	count(rule.deny) == 0 with input as _input(object.union(_credential, {"kind": "plain"}))
}
