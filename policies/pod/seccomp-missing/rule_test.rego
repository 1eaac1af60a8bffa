package policies.pod["seccomp-missing_test"]

import data.policies.pod["seccomp-missing"] as rule

_pod(spec, contexts) := {
	"pod": {"path": ["spec"], "spec": spec},
	"containers": [container |
		some i, context in contexts
		container := {
			"type": "container",
			"path": ["spec", "containers", i],
			"value": {"name": sprintf("c%d", [i]), "securityContext": context},
		}
	],
}

_profile(type) := {"seccompProfile": {"type": type}}

_messages := {finding.message | some finding in rule.deny}

test_absent if {
	found := rule.deny with input as _pod({}, [{}]) with data.kube.minor as 37
	found == {{
		"path": ["spec", "containers", 0, "securityContext", "seccompProfile"],
		"message": `container "c0" has no seccomp profile`,
		"fix": [{
			"op": "add",
			"path": ["spec", "securityContext"],
			"value": {"seccompProfile": {"type": "RuntimeDefault"}},
		}],
	}}
}

test_pod_profile_holds_for_containers_without_one if {
	pod := _pod({"securityContext": _profile("RuntimeDefault")}, [{}, _profile("Localhost"), _profile("Unconfined")])
	_messages == {`container "c2" has seccomp profile type "Unconfined"`} with input as pod with data.kube.minor as 37
}

# The pod's own profile is the cause: it is reported once, not for every container.
test_bad_profile_in_pod if {
	pod := _pod({"securityContext": _profile("Unconfined")}, [{}, {}])
	_messages == {`pod has seccomp profile type "Unconfined"`} with input as pod with data.kube.minor as 37
}

test_since_1_19 if {
	count(_messages) == 0 with input as _pod({}, [{}]) with data.kube.minor as 18
	count(_messages) == 1 with input as _pod({}, [{}]) with data.kube.minor as 19
}

test_windows_since_1_25 if {
	pod := _pod({"os": {"name": "windows"}}, [{}])
	count(_messages) == 1 with input as pod with data.kube.minor as 24
	count(_messages) == 0 with input as pod with data.kube.minor as 25
}

test_no_fix_for_windows if {
	found := rule.deny with input as _pod({"nodeSelector": {"kubernetes.io/os": "windows"}}, [{}]) with data.kube.minor as 37
	count(found) == 1
	every finding in found {
		not finding.fix
	}
}
