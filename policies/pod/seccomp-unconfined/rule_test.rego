package policies.pod["seccomp-unconfined_test"]

import data.policies.pod["seccomp-unconfined"] as rule

_pod(context, annotations) := {
	"pod": {
		"path": ["spec"], "spec": {"securityContext": context},
		"meta_path": ["metadata"], "meta": {"annotations": annotations},
	},
	"containers": [{"type": "container", "path": ["spec", "containers", 0], "value": {"name": "app"}}],
}

test_pod_profile if {
	found := rule.deny with input as _pod({"seccompProfile": {"type": "Unconfined"}}, {}) with data.kube.minor as 37
	found == {{
		"path": ["spec", "securityContext", "seccompProfile", "type"],
		"message": `pod has seccomp profile type "Unconfined"`,
	}}
}

test_container_profile if {
	value := {"name": "app", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}
	found := rule.deny with input as {
		"pod": {"path": ["spec"], "spec": {}},
		"containers": [{"type": "container", "path": ["spec", "containers", 0], "value": value}],
	}
		with data.kube.minor as 37
	{finding.message | some finding in found} == {`container "app" has seccomp profile type "Unconfined"`}
}

test_profile_without_type if {
	count(rule.deny) == 1 with input as _pod({"seccompProfile": {}}, {}) with data.kube.minor as 37
}

test_annotations_before_1_19 if {
	annotations := {
		"seccomp.security.alpha.kubernetes.io/pod": "unconfined",
		"container.seccomp.security.alpha.kubernetes.io/app": "unconfined",
		"container.seccomp.security.alpha.kubernetes.io/other": "unconfined",
	}
	count(rule.deny) == 2 with input as _pod({}, annotations) with data.kube.minor as 18
	count(rule.deny) == 0 with input as _pod({}, annotations) with data.kube.minor as 19
}

test_field_before_1_19 if {
	count(rule.deny) == 0 with input as _pod({"seccompProfile": {"type": "Unconfined"}}, null) with data.kube.minor as 18
}

test_allowed if {
	count(rule.deny) == 0 with input as _pod({"seccompProfile": {"type": "RuntimeDefault"}}, {}) with data.kube.minor as 37
	count(rule.deny) == 0 with input as _pod({}, {"seccomp.security.alpha.kubernetes.io/pod": "docker/default"})
		with data.kube.minor as 10
	count(rule.deny) == 0 with input as _pod({}, {"seccomp.security.alpha.kubernetes.io/pod": "localhost/own"})
		with data.kube.minor as 10
}
