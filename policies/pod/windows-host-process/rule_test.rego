package policies.pod["windows-host-process_test"]

import data.policies.pod["windows-host-process"] as rule

_options(value) := {"securityContext": {"windowsOptions": {"hostProcess": value}}}

_pod(spec, container) := {
	"pod": {"path": ["spec"], "spec": spec},
	"containers": [{"type": "container", "path": ["spec", "containers", 0], "value": object.union({"name": "app"}, container)}],
}

test_pod if {
	found := rule.deny with input as _pod(_options(true), {})
	found == {{
		"path": ["spec", "securityContext", "windowsOptions", "hostProcess"],
		"message": "pod runs as a Windows host process",
	}}
}

test_container if {
	found := rule.deny with input as _pod({}, _options(true))
	{finding.message | some finding in found} == {`container "app" runs as a Windows host process`}
}

test_false_and_absent if {
	count(rule.deny) == 0 with input as _pod(_options(false), _options(null))
	count(rule.deny) == 0 with input as _pod({}, {})
}
