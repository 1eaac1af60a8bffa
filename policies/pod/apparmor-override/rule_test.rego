package policies.pod["apparmor-override_test"]

import data.policies.pod["apparmor-override"] as rule

_pod(spec, annotations) := {
	"pod": {"path": ["spec"], "spec": spec, "meta_path": ["metadata"], "meta": {"annotations": annotations}},
	"containers": [container |
		some i, value in object.get(spec, "containers", [])
		container := {"type": "container", "path": ["spec", "containers", i], "value": value}
	],
}

_profile(type) := {"securityContext": {"appArmorProfile": {"type": type}}}

test_pod_profile if {
	found := rule.deny with input as _pod(_profile("Unconfined"), {})
	found == {{
		"path": ["spec", "securityContext", "appArmorProfile", "type"],
		"message": `pod has AppArmor profile type "Unconfined"`,
	}}
}

test_container_profile if {
	found := rule.deny with input as _pod({"containers": [object.union({"name": "app"}, _profile("Unconfined"))]}, {})
	{finding.message | some finding in found} == {`container "app" has AppArmor profile type "Unconfined"`}
}

test_profile_without_type if {
	count(rule.deny) == 1 with input as _pod({"securityContext": {"appArmorProfile": {}}}, {})
}

test_annotation if {
	key := "container.apparmor.security.beta.kubernetes.io/app"
	found := rule.deny with input as _pod({}, {key: "unconfined"})
	found == {{
		"path": ["metadata", "annotations", key],
		"message": `container "app" has AppArmor profile "unconfined"`,
	}}
}

test_allowed if {
	count(rule.deny) == 0 with input as _pod(_profile("RuntimeDefault"), {})
	count(rule.deny) == 0 with input as _pod(_profile("Localhost"), {})
	count(rule.deny) == 0 with input as _pod({}, {
		"container.apparmor.security.beta.kubernetes.io/a": "runtime/default",
		"container.apparmor.security.beta.kubernetes.io/b": "localhost/strict",
		"container.apparmor.security.beta.kubernetes.io/c": "",
		"example.com/apparmor": "unconfined",
	})
	count(rule.deny) == 0 with input as _pod({}, null)
}
