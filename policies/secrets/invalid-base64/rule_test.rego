package policies.secrets["invalid-base64_test"]

import data.policies.secrets["invalid-base64"] as rule

_input(entries) := {"object": {"metadata": {"name": "s"}, "data": entries}, "facts": {}}

_messages(entries) := {finding.message | some finding in rule.deny with input as _input(entries)}

test_not_base64 if _messages({"a": "hunter2!"}) == {`key "a" of Secret "s" is not base64`}

test_number if _messages({"a": 5432}) == {`key "a" of Secret "s" is not a string`}

test_base64_with_line_ends if _messages({"a": "aHVudGVy\nMg==\n"}) == set()

test_empty_and_null if _messages({"a": "", "b": null}) == set()

test_missing_padding if count(_messages({"a": "aHVudGVyMg"})) == 1

test_placeholder_of_a_plugin if _messages({"a": "<path:secret/data/db#password>"}) == set()

test_encrypted if {
	encrypted := object.union(_input({"a": "ENC[x]"}), {"facts": {"encryption": {"tool": "sops", "plaintext": []}}})
	count(rule.deny) == 0 with input as encrypted
}

test_no_data if count(rule.deny) == 0 with input as {"object": {"data": null}, "facts": {}}
