package policies.secrets["partly-encrypted-secret_test"]

import data.policies.secrets["partly-encrypted-secret"] as rule

_input(tool, plaintext) := {
	"object": {"metadata": {"name": "db"}},
	"facts": {"encryption": {"tool": tool, "plaintext": plaintext}},
}

test_each_entry if {
	found := rule.deny with input as _input("sops", [["data", "a"], ["stringData", "b"]])
	count(found) == 2
}

test_all_encrypted if {
	count(rule.deny) == 0 with input as _input("sops", [])
}

test_not_encrypted_at_all if {
	count(rule.deny) == 0 with input as {"facts": {}}
}
