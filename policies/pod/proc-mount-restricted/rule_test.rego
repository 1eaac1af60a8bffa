package policies.pod["proc-mount-restricted_test"]

import data.policies.pod["proc-mount-restricted"] as rule

_pod(mount) := {
	"pod": {"path": ["spec"], "spec": {"hostUsers": false}},
	"containers": [{
		"type": "container",
		"path": ["spec", "containers", 0],
		"value": {"name": "app", "securityContext": {"procMount": mount}},
	}],
}

test_unmasked if {
	found := rule.deny with input as _pod("Unmasked") with data.kube.minor as 37
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "procMount"],
		"message": `container "app" has procMount "Unmasked"`,
	}}
}

test_since_1_35 if {
	count(rule.deny) == 0 with input as _pod("Unmasked") with data.kube.minor as 34
	count(rule.deny) == 1 with input as _pod("Unmasked") with data.kube.minor as 35
}

test_default if {
	count(rule.deny) == 0 with input as _pod("Default") with data.kube.minor as 37
	count(rule.deny) == 0 with input as _pod(null) with data.kube.minor as 37
}
