package policies.secrets["plain-secret-beside-sealed_test"]

import data.policies.secrets["plain-secret-beside-sealed"] as rule

_input := {
	"object": {"metadata": {"name": "db"}},
	"facts": {"credentials": [{"where": "secret", "kind": "opaque"}]},
}

_message(inventory) := finding.message if {
	some finding in rule.deny with input as _input with data.inventory as inventory
}

test_names_the_customs if {
	inventory := {"SealedSecret": {"": [{}]}, "Secret": {"prod": [{"sops": {}}]}}
	_message(inventory) == `Secret "db" is plain, while other secrets here are kept with SOPS, SealedSecret`
}

test_alone if count(rule.deny) == 0 with input as _input with data.inventory as {"Secret": {"": [{}]}}

test_encrypted_itself if {
	encrypted := object.union(_input, {"facts": {"encryption": {"tool": "sops"}}})
	count(rule.deny) == 0 with input as encrypted with data.inventory as {"SealedSecret": {"": [{}]}}
}

test_nothing_secret_in_it if {
	plain := {"object": {}, "facts": {"credentials": [{"where": "secret", "kind": "plain"}]}}
	count(rule.deny) == 0 with input as plain with data.inventory as {"SealedSecret": {"": [{}]}}
}
