package policies.pod["run-as-root_test"]

import data.policies.pod["run-as-root"] as rule

_pod(context, containers) := {
	"pod": {"path": ["spec"], "spec": {"securityContext": context}},
	"containers": [container |
		some i, own in containers
		container := {
			"type": "container",
			"path": ["spec", "containers", i],
			"value": {"name": sprintf("c%d", [i]), "securityContext": own},
		}
	],
}

_messages := {finding.message | some finding in rule.deny}

test_absent if {
	found := rule.deny with input as _pod({}, [{}]) with data.kube.minor as 37
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "runAsNonRoot"],
		"message": `container "c0" may run as root`,
	}}
}

test_other_user_without_guarantee if {
	_messages == {`container "c0" does not set runAsNonRoot`} with input as _pod({"runAsUser": 1000}, [{}])
		with data.kube.minor as 37
}

test_pod_setting_holds_for_containers_without_one if {
	count(_messages) == 0 with input as _pod({"runAsNonRoot": true}, [{}, null]) with data.kube.minor as 37
	_messages == {`container "c1" sets runAsNonRoot to false`} with input as _pod(
		{"runAsNonRoot": true},
		[{}, {"runAsNonRoot": false}],
	)
		with data.kube.minor as 37
}

# The pod's own false is the cause: it is reported once, not for every container.
test_false_in_pod if {
	_messages == {"pod sets runAsNonRoot to false"} with input as _pod({"runAsNonRoot": false}, [{}, {}])
		with data.kube.minor as 37
}

test_own_users_since_1_35 if {
	pod := object.union(_pod({}, [{}]), {"pod": {"spec": {"hostUsers": false}}})
	count(_messages) == 1 with input as pod with data.kube.minor as 34
	count(_messages) == 0 with input as pod with data.kube.minor as 35
}
