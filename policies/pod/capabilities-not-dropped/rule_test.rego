package policies.pod["capabilities-not-dropped_test"]

import data.policies.pod["capabilities-not-dropped"] as rule

_pod(spec, capabilities) := {
	"pod": {"path": ["spec"], "spec": spec},
	"containers": [{
		"type": "container",
		"path": ["spec", "containers", 0],
		"value": {"name": "app", "securityContext": {"capabilities": capabilities}},
	}],
}

test_absent if {
	found := rule.deny with input as _pod({}, null) with data.kube.minor as 37
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "capabilities", "drop"],
		"message": `container "app" does not drop all capabilities`,
	}}
}

test_some_dropped if {
	count(rule.deny) == 1 with input as _pod({}, {"drop": ["NET_RAW", "all"]}) with data.kube.minor as 37
}

test_added if {
	found := rule.deny with input as _pod({}, {"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "CHOWN"]})
		with data.kube.minor as 37
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "capabilities", "add", 1],
		"message": `container "app" adds capability "CHOWN" beyond NET_BIND_SERVICE`,
	}}
}

test_since_1_22 if {
	count(rule.deny) == 0 with input as _pod({}, {}) with data.kube.minor as 21
	count(rule.deny) == 1 with input as _pod({}, {}) with data.kube.minor as 22
}

test_windows_since_1_25 if {
	count(rule.deny) == 1 with input as _pod({"os": {"name": "windows"}}, {}) with data.kube.minor as 24
	count(rule.deny) == 0 with input as _pod({"os": {"name": "windows"}}, {}) with data.kube.minor as 25
}

test_dropped if {
	count(rule.deny) == 0 with input as _pod({}, {"drop": ["ALL"]}) with data.kube.minor as 37
}

test_spelling if {
	found := rule.deny with input as _pod({}, {"drop": ["all"]}) with data.kube.minor as 37
	{finding.message | some finding in found} == {`container "app" does not drop all capabilities: "all" is not "ALL" to Pod Security`}
}
