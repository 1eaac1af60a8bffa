package policies.pod["added-capability_test"]

import data.policies.pod["added-capability"] as rule

_add(capabilities) := {"containers": [{
	"type": "container",
	"path": ["spec", "containers", 0],
	"value": {"name": "app", "securityContext": {"capabilities": {"add": capabilities}}},
}]}

test_names_the_capability if {
	found := rule.deny with input as _add(["CHOWN", "SYS_ADMIN"])
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "capabilities", "add", 1],
		"message": `container "app" adds capability "SYS_ADMIN"`,
	}}
}

test_all_is_every_capability if {
	count(rule.deny) == 1 with input as _add(["ALL"])
}

# Kubernetes compares the names as they are written.
test_other_spellings_are_not_allowed if {
	count(rule.deny) == 2 with input as _add(["CAP_CHOWN", "chown"])
}

test_default_set if {
	count(rule.deny) == 0 with input as _add(["NET_BIND_SERVICE", "SETUID", "SETGID"])
	count(rule.deny) == 0 with input as _add(null)
}
