package policies.pod["privilege-escalation_test"]

import data.policies.pod["privilege-escalation"] as rule

_pod(context) := {
	"pod": {"path": ["spec"], "spec": {}},
	"containers": [{
		"type": "container",
		"path": ["spec", "containers", 0],
		"value": object.union({"name": "app"}, context),
	}],
}

test_absent if {
	found := rule.deny with input as _pod({}) with data.kube.minor as 37
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "allowPrivilegeEscalation"],
		"message": `container "app" does not forbid privilege escalation`,
		"fix": [{
			"op": "add",
			"path": ["spec", "containers", 0, "securityContext"],
			"value": {"allowPrivilegeEscalation": false},
		}],
	}}
}

test_true if {
	found := rule.deny with input as _pod({"securityContext": {"allowPrivilegeEscalation": true}})
		with data.kube.minor as 37
	{finding.message | some finding in found} == {`container "app" allows privilege escalation`}
	{finding.fix | some finding in found} == {[{
		"op": "add",
		"path": ["spec", "containers", 0, "securityContext", "allowPrivilegeEscalation"],
		"value": false,
	}]}
}

test_no_fix_that_the_api_server_refuses if {
	some context in [{"privileged": true}, {"capabilities": {"add": ["SYS_ADMIN"]}}]
	some finding in rule.deny with input as _pod({"securityContext": context}) with data.kube.minor as 37
	not finding.fix
}

test_since_1_8 if {
	count(rule.deny) == 0 with input as _pod({}) with data.kube.minor as 7
	count(rule.deny) == 1 with input as _pod({}) with data.kube.minor as 8
}

test_windows_since_1_25 if {
	pod := object.union(_pod({}), {"pod": {"spec": {"os": {"name": "windows"}}}})
	count(rule.deny) == 1 with input as pod with data.kube.minor as 24
	count(rule.deny) == 0 with input as pod with data.kube.minor as 25
}

test_false if {
	count(rule.deny) == 0 with input as _pod({"securityContext": {"allowPrivilegeEscalation": false}})
		with data.kube.minor as 37
}
