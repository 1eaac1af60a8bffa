package policies.secrets["credential-pattern_test"]

import data.policies.secrets["credential-pattern"] as rule

_credential := {
	"path": ["data", "token"],
	"where": "secret",
	"key": "token",
	"kind": "provider-token",
	"rule": "github-pat",
	"shown": "gh… (40 characters)",
}

_input(list) := {
	"kind": "Secret",
	"object": {"metadata": {"name": "ci"}},
	"facts": {"credentials": list},
}

test_names_the_pattern if {
	some finding in rule.deny with input as _input([_credential])
	finding.message == `key "token" of Secret "ci" holds a token of the pattern "github-pat": gh… (40 characters)`
}

test_label_and_field if {
	some finding in rule.deny with input as _input([object.union(_credential, {"where": "label", "key": "owner"})])
	startswith(finding.message, `label "owner" holds`)
}

test_other_kinds_are_silent if {
	count(rule.deny) == 0 with input as _input([object.union(_credential, {"kind": "credential"})])
}
