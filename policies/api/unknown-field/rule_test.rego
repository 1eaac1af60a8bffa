package policies.api["unknown-field_test"]

import data.policies.api["unknown-field"] as rule

_object(suggestion) := {
	"kind": "Pod",
	"facts": {"api": {"unknown": [{"path": ["spec", "securityContex"], "field": "securityContex", "suggestion": suggestion}]}},
}

test_suggestion if {
	found := rule.deny with input as _object("securityContext")
	found == {{
		"path": ["spec", "securityContex"],
		"message": `Pod has no field "securityContex" here; did you mean "securityContext"?`,
	}}
}

test_no_suggestion if {
	some f in rule.deny with input as _object("")
	f.message == `Pod has no field "securityContex"`
}
