package policies.secrets["secret-generator-literal_test"]

import data.policies.secrets["secret-generator-literal"] as rule

_credential := {
	"path": ["data", "password"],
	"where": "secret",
	"key": "password",
	"kind": "opaque",
	"shown": "hu… (12 characters)",
}

_input(kind, source) := {
	"kind": "Secret",
	"object": {"metadata": {"name": "db"}},
	"facts": {
		"credentials": [object.union(_credential, {"kind": kind})],
		"generator": {"password": source},
	},
}

_literal := {"field": "literals", "file": ""}

test_literal if {
	some finding in rule.deny with input as _input("opaque", _literal)
	finding.severity == "error"
	finding.message == `key "password" of Secret "db" comes from a literal of a secretGenerator: a value: hu… (12 characters)`
}

test_file if {
	some finding in rule.deny with input as _input("opaque", {"field": "files", "file": "overlays/prod/password.txt"})
	contains(finding.message, `comes from the file "overlays/prod/password.txt" of a secretGenerator`)
}

test_placeholder_is_a_warning if {
	some finding in rule.deny with input as _input("placeholder", _literal)
	finding.severity == "warning"
}

test_other_rules_speak_first if {
	every kind in ["private-key", "provider-token", "plain"] {
		count(rule.deny) == 0 with input as _input(kind, _literal)
	}
}

test_not_generated if {
	count(rule.deny) == 0 with input as {"facts": {"credentials": [_credential]}}
}
