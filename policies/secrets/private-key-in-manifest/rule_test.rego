package policies.secrets["private-key-in-manifest_test"]

import data.policies.secrets["private-key-in-manifest"] as rule

_credential := {
	"path": ["data", "tls.key"],
	"where": "secret",
	"key": "tls.key",
	"kind": "private-key",
	"shown": "1704 characters",
}

_input(list) := {
	"kind": "Secret",
	"object": {"metadata": {"name": "tls"}},
	"facts": {"credentials": list},
}

test_shows_nothing_of_the_key if {
	found := rule.deny with input as _input([_credential])
	found == {{"path": ["data", "tls.key"], "message": `key "tls.key" of Secret "tls" holds a private key`}}
}

test_other_kinds_are_silent if {
	count(rule.deny) == 0 with input as _input([object.union(_credential, {"kind": "opaque"})])
}

test_no_facts if count(rule.deny) == 0 with input as _input([])
