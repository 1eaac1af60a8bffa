package policies.network["dangling-service_test"]

import data.policies.network["dangling-service"] as rule

_service(elsewhere) := {
	"object": {"metadata": {"name": "web"}},
	"facts": {"references": {"selects_nothing": {"elsewhere": elsewhere}}},
}

test_plain if {
	found := rule.deny with input as _service([])
	found == {{"path": ["spec", "selector"], "message": `service "web" selects no pod that is rendered with it`}}
}

test_elsewhere if {
	some f in rule.deny with input as _service(["shop"])
	f.message == `service "web" selects no pod of its namespace; its labels fit pods of namespace "shop"`
}

test_silent_without_the_fact if {
	count(rule.deny) == 0 with input as {"object": {}, "facts": {"references": {"pods": []}}}
}
