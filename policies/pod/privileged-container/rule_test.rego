package policies.pod["privileged-container_test"]

import data.policies.pod["privileged-container"] as rule

_container(type, context) := {"containers": [{
	"type": type,
	"path": ["spec", "containers", 0],
	"value": {"name": "app", "securityContext": context},
}]}

test_privileged if {
	found := rule.deny with input as _container("container", {"privileged": true})
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "privileged"],
		"message": `container "app" is privileged`,
	}}
}

test_ephemeral_container if {
	found := rule.deny with input as _container("ephemeral", {"privileged": true})
	{finding.message | some finding in found} == {`ephemeral container "app" is privileged`}
}

test_false_and_absent if {
	count(rule.deny) == 0 with input as _container("container", {"privileged": false})
	count(rule.deny) == 0 with input as _container("container", {})
	count(rule.deny) == 0 with input as _container("container", null)
}
