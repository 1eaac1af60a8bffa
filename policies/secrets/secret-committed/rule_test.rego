package policies.secrets["secret-committed_test"]

import data.policies.secrets["secret-committed"] as rule

_credential := {
	"path": ["data", "password"],
	"where": "secret",
	"key": "password",
	"kind": "credential",
	"shown": "hu… (12 characters)",
	"decoded": true,
}

_input(changes) := {
	"kind": "Secret",
	"object": {"metadata": {"name": "db"}},
	"facts": {"credentials": [object.union(_credential, changes)]},
}

_finding(changes) := finding if {
	some finding in rule.deny with input as _input(changes)
}

test_credential if {
	_finding({}).severity == "error"
	_finding({}).message == `key "password" of Secret "db" holds a credential: hu… (12 characters), not encrypted`
}

test_anything_else_counts if _finding({"kind": "opaque"}).severity == "error"

test_placeholder_is_a_warning_of_its_own if {
	_finding({"kind": "placeholder"}).severity == "warning"
	_finding({"kind": "placeholder"}).message == `key "password" of Secret "db" holds a placeholder, not encrypted: hu… (12 characters)`
}

test_guessable_is_a_warning if _finding({"kind": "guessable"}).severity == "warning"

test_plain_is_a_note if {
	_finding({"kind": "plain"}).severity == "note"
	_finding({"kind": "plain"}).message == `Secret "db" is not encrypted; nothing in it looks like a credential: "password"`
}

test_plain_beside_a_credential_is_silent if {
	every changes in [{}, {"kind": "private-key"}, {"kind": "guessable", "default_of": "auth.password"}] {
		every finding in rule.deny {
			finding.severity != "note"
		} with input as object.union(_input({}), {"facts": {"credentials": [
			object.union(_credential, changes),
			object.union(_credential, {"kind": "plain", "key": "user", "path": ["data", "user"]}),
		]}})
	}
}

test_other_rules_speak_first if {
	every changes in [{"kind": "private-key"}, {"kind": "provider-token"}, {"default_of": "auth.password"}] {
		count(rule.deny) == 0 with input as _input(changes)
	}
}

test_generated_by_kustomize if {
	generated := object.union(_input({}), {"facts": {"generator": {"password": {"field": "literals", "file": ""}}}})
	count(rule.deny) == 0 with input as generated
}

test_plain_default_stays_here if _finding({"kind": "plain", "default_of": "auth.user"}).severity == "note"
