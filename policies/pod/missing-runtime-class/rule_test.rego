package policies.pod["missing-runtime-class_test"]

import data.policies.pod["missing-runtime-class"] as rule

_params := {"missing-runtime-class": {"label": "trust", "value": "untrusted"}}

_pod(labels, spec) := {"pod": {"path": ["spec"], "spec": spec, "meta": {"labels": labels}}}

test_untrusted if {
	found := rule.deny with input as _pod({"trust": "untrusted"}, {}) with data.params as _params
	found == {{
		"path": ["spec", "runtimeClassName"],
		"message": "pod labelled trust=untrusted has no runtime class",
	}}
}

test_sandboxed if {
	count(rule.deny) == 0 with input as _pod({"trust": "untrusted"}, {"runtimeClassName": "gvisor"})
		with data.params as _params
}

test_other_pods if {
	count(rule.deny) == 0 with input as _pod({"trust": "own"}, {}) with data.params as _params
	count(rule.deny) == 0 with input as _pod(null, {}) with data.params as _params
}
