package policies.pod["root-user-id_test"]

import data.policies.pod["root-user-id"] as rule

_pod(spec, user) := {
	"pod": {"path": ["spec"], "spec": spec},
	"containers": [{
		"type": "container",
		"path": ["spec", "containers", 0],
		"value": {"name": "app", "securityContext": {"runAsUser": user}},
	}],
}

test_pod_and_container if {
	found := rule.deny with input as _pod({"securityContext": {"runAsUser": 0}}, 0) with data.kube.minor as 37
	found == {
		{"path": ["spec", "securityContext", "runAsUser"], "message": "pod sets runAsUser to 0"},
		{
			"path": ["spec", "containers", 0, "securityContext", "runAsUser"],
			"message": `container "app" sets runAsUser to 0`,
		},
	}
}

test_since_1_23 if {
	count(rule.deny) == 0 with input as _pod({}, 0) with data.kube.minor as 22
	count(rule.deny) == 1 with input as _pod({}, 0) with data.kube.minor as 23
}

test_own_users_since_1_35 if {
	count(rule.deny) == 1 with input as _pod({"hostUsers": false}, 0) with data.kube.minor as 34
	count(rule.deny) == 0 with input as _pod({"hostUsers": false}, 0) with data.kube.minor as 35
}

test_other_user if {
	count(rule.deny) == 0 with input as _pod({}, 10001) with data.kube.minor as 37
	count(rule.deny) == 0 with input as _pod({}, null) with data.kube.minor as 37
}
