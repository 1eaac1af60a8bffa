package policies.api["duplicate-key_test"]

import data.policies.api["duplicate-key"] as rule

test_names_the_key if {
	found := rule.deny with input as {"facts": {"duplicate_keys": [{"path": ["spec", "securityContext"], "line": 7}]}}
	found == {{"path": ["spec", "securityContext"], "message": `key "securityContext" is written twice; the first writing is lost`}}
}
