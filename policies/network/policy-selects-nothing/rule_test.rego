package policies.network["policy-selects-nothing_test"]

import data.policies.network["policy-selects-nothing"] as rule

_policy(elsewhere) := {
	"object": {"metadata": {"name": "web"}},
	"facts": {"network": {"selects_nothing": {"path": ["spec", "podSelector"], "elsewhere": elsewhere}}},
}

test_plain if {
	some f in rule.deny with input as _policy([])
	f.message == `policy "web" selects no pod that is rendered with it`
}

test_elsewhere if {
	some f in rule.deny with input as _policy(["b"])
	f.message == `policy "web" selects no pod of its namespace; its labels fit pods of namespace "b"`
}

test_silent_without_the_fact if {
	count(rule.deny) == 0 with input as {"facts": {"network": {"selects": 0}}}
}
