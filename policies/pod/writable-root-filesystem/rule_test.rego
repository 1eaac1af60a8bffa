package policies.pod["writable-root-filesystem_test"]

import data.policies.pod["writable-root-filesystem"] as rule

_pod(type, context) := {
	"pod": {"path": ["spec"], "spec": {}},
	"containers": [{
		"type": type,
		"path": ["spec", "containers", 0],
		"value": {"name": "app", "securityContext": context},
	}],
}

test_absent_and_false if {
	found := rule.deny with input as _pod("container", {})
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "readOnlyRootFilesystem"],
		"message": `container "app" may write to its root file system`,
	}}
	count(rule.deny) == 1 with input as _pod("init", {"readOnlyRootFilesystem": false})
	count(rule.deny) == 1 with input as _pod("init", null)
}

test_read_only if {
	count(rule.deny) == 0 with input as _pod("container", {"readOnlyRootFilesystem": true})
}

# A debugging session is not the workload.
test_ephemeral if {
	count(rule.deny) == 0 with input as _pod("ephemeral", {})
}

test_windows if {
	pod := object.union(_pod("container", {}), {"pod": {"spec": {"os": {"name": "windows"}}}})
	count(rule.deny) == 0 with input as pod
	selects := object.union(_pod("container", {}), {"pod": {"spec": {"nodeSelector": {"kubernetes.io/os": "windows"}}}})
	count(rule.deny) == 0 with input as selects
	linux := object.union(_pod("container", {}), {"pod": {"spec": {"nodeSelector": {"kubernetes.io/os": "linux"}}}})
	count(rule.deny) == 1 with input as linux
}
