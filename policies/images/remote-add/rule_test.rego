package policies.images["remote-add_test"]

import data.policies.images["remote-add"] as rule

_add(sources, flags) := {"object": {"stages": [{"instructions": [{"instruction": "ADD", "args": [], "sources": sources, "flags": flags}]}]}}

test_url if {
	count(rule.deny) == 1 with input as _add(["https://example.com/tool.tgz"], [])
	count(rule.deny) == 1 with input as _add(["HTTP://example.com/tool.tgz"], null)
	count(rule.deny) == 2 with input as _add(["https://example.com/a", "https://example.com/b", "local"], [])
}

test_checksum if count(rule.deny) == 0 with input as _add(["https://example.com/tool.tgz"], [{"name": "checksum", "value": "sha256:00"}])

test_git if {
	count(rule.deny) == 1 with input as _add(["https://example.com/tool.git#v1"], [])
	count(rule.deny) == 1 with input as _add(["git@example.com:tool.git"], [])
	count(rule.deny) == 0 with input as _add(["https://example.com/tool.git#9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c"], [])
	count(rule.deny) == 0 with input as _add(["https://example.com/tool.git#9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c:docs"], [])
}

test_local_files_and_copy if {
	count(rule.deny) == 0 with input as _add(["app.tgz", "https.txt", "."], [])
	count(rule.deny) == 0 with input as {"object": {"stages": [{"instructions": [{"instruction": "COPY", "sources": ["https://x"]}]}]}}
}

test_onbuild if {
	step := {"instruction": "ONBUILD", "trigger": {"instruction": "ADD", "sources": ["https://example.com/a"]}}
	count(rule.deny) == 1 with input as {"object": {"stages": [{"instructions": [step]}]}}
}

test_password_is_not_shown if {
	some finding in rule.deny with input as _add(["https://ci:hunter2@example.com/a"], [])
	finding.message == `ADD fetches URL "https://…@example.com/a" without a checksum`
}
