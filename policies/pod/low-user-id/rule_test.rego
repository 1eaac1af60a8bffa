package policies.pod["low-user-id_test"]

import data.policies.pod["low-user-id"] as rule

_params := {"low-user-id": {"minimum": 10000}}

_pod(spec, context) := {
	"pod": {"path": ["spec"], "spec": spec},
	"containers": [{
		"type": "container",
		"path": ["spec", "containers", 0],
		"value": {"name": "app", "securityContext": context},
	}],
}

_messages := {finding.message | some finding in rule.deny}

test_user_and_group if {
	found := rule.deny with input as _pod({"securityContext": {"runAsUser": 1000}}, {"runAsGroup": 999}) with data.params as _params
	found == {
		{"path": ["spec", "securityContext", "runAsUser"], "message": "pod runs as user 1000"},
		{"path": ["spec", "containers", 0, "securityContext", "runAsGroup"], "message": `container "app" runs as group 999`},
	}
}

test_root_group_but_not_root_user if {
	_messages == {`container "app" runs as group 0`} with input as _pod({}, {"runAsUser": 0, "runAsGroup": 0})
		with data.params as _params
}

test_high_and_absent if {
	count(_messages) == 0 with input as _pod({}, {"runAsUser": 10000, "runAsGroup": null}) with data.params as _params
	count(_messages) == 0 with input as _pod({}, {}) with data.params as _params
}

test_minimum if {
	count(_messages) == 0 with input as _pod({}, {"runAsUser": 1000}) with data.params as {"low-user-id": {"minimum": 1000}}
}

test_own_user_namespace if {
	count(_messages) == 0 with input as _pod({"hostUsers": false}, {"runAsUser": 1000}) with data.params as _params
}
