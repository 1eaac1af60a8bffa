package policies.pod["shared-process-namespace_test"]

import data.policies.pod["shared-process-namespace"] as rule

_pod(spec) := {"pod": {"path": ["spec"], "spec": spec}}

test_shared if {
	found := rule.deny with input as _pod({"shareProcessNamespace": true})
	found == {{
		"path": ["spec", "shareProcessNamespace"],
		"message": "containers of the pod share one process namespace",
	}}
}

test_not_shared if {
	count(rule.deny) == 0 with input as _pod({"shareProcessNamespace": false})
	count(rule.deny) == 0 with input as _pod({})
}
