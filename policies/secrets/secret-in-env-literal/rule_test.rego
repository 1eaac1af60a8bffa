package policies.secrets["secret-in-env-literal_test"]

import data.policies.secrets["secret-in-env-literal"] as rule

_input(kind) := {"facts": {"credentials": [{
	"path": ["spec", "containers", 0, "env", 0, "value"],
	"where": "env",
	"container": "app",
	"key": "DB_PASSWORD",
	"kind": kind,
	"shown": "hu… (12 characters)",
}]}}

test_names_variable_and_container if {
	found := rule.deny with input as _input("credential")
	found == {{
		"path": ["spec", "containers", 0, "env", 0, "value"],
		"severity": "error",
		"message": `variable "DB_PASSWORD" of container "app" holds a credential: hu… (12 characters)`,
	}}
}

test_guessable_is_a_warning if {
	some finding in rule.deny with input as _input("guessable")
	finding.severity == "warning"
}

test_other_kinds_belong_to_other_rules if {
	every kind in ["private-key", "provider-token", "placeholder"] {
		count(rule.deny) == 0 with input as _input(kind)
	}
}

test_other_places_belong_to_other_rules if {
	elsewhere := {"facts": {"credentials": [object.union(_input("credential").facts.credentials[0], {"where": "args"})]}}
	count(rule.deny) == 0 with input as elsewhere
}

test_no_credentials if count(rule.deny) == 0 with input as {"facts": {}}
