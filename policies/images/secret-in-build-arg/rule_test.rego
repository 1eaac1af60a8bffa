package policies.images["secret-in-build-arg_test"]

import data.policies.images["secret-in-build-arg"] as rule

_input(c) := {
	"object": {"stages": [{"index": 0, "final": false}, {"index": 1, "final": true}]},
	"facts": {"credentials": [object.union({"key": "NPM_TOKEN", "shown": "ab… (20 characters)"}, c)]},
}

test_env if {
	some finding in rule.deny with input as _input({"where": "ENV", "kind": "credential", "path": ["stages", 1, "instructions", 0, "pairs", 0, "value"]})
	finding.message == `ENV "NPM_TOKEN" holds a credential: ab… (20 characters)`
}

test_run if {
	some finding in rule.deny with input as _input({"where": "RUN", "kind": "connection-string", "inner": "https URL", "path": ["stages", 1, "instructions", 0, "args", 0]})
	startswith(finding.message, `RUN holds a password in a connection string under "https URL"`)
}

test_placeholder_is_silent if {
	count(rule.deny) == 0 with input as _input({"where": "ENV", "kind": "placeholder", "path": ["stages", 1]})
}

test_argument_without_default if {
	some finding in rule.deny with input as _input({"where": "ARG", "kind": "asked", "path": ["stages", 1, "instructions", 0, "pairs", 0]})
	finding.severity == "error"
	finding.message == `ARG "NPM_TOKEN" takes a credential, which the build keeps in its history`
}

test_argument_of_a_stage_not_shipped if {
	some finding in rule.deny with input as _input({"where": "ARG", "kind": "asked", "path": ["stages", 0, "instructions", 0, "pairs", 0]})
	finding.severity == "warning"
}

test_no_facts if count(rule.deny) == 0 with input as {"object": {}, "facts": {}}
