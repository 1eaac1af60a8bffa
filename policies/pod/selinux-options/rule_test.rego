package policies.pod["selinux-options_test"]

import data.policies.pod["selinux-options"] as rule

_pod(options) := {
	"pod": {"path": ["spec"], "spec": {"securityContext": {"seLinuxOptions": options}}},
	"containers": [],
}

test_type if {
	found := rule.deny with input as _pod({"type": "spc_t"}) with data.kube.minor as 37
	found == {{
		"path": ["spec", "securityContext", "seLinuxOptions", "type"],
		"message": `pod has SELinux type "spc_t"`,
	}}
}

test_user_and_role if {
	found := rule.deny with input as _pod({"user": "root", "role": "sysadm_r"}) with data.kube.minor as 37
	{finding.message | some finding in found} == {`pod has SELinux user "root"`, `pod has SELinux role "sysadm_r"`}
}

test_container if {
	options := {"securityContext": {"seLinuxOptions": {"type": "spc_t"}}}
	containers := [{"type": "init", "path": ["spec", "initContainers", 0], "value": object.union({"name": "a"}, options)}]
	found := rule.deny with input as {"pod": {"path": ["spec"], "spec": {}}, "containers": containers}
		with data.kube.minor as 37
	{finding.message | some finding in found} == {`init container "a" has SELinux type "spc_t"`}
}

test_engine_type_since_1_31 if {
	count(rule.deny) == 1 with input as _pod({"type": "container_engine_t"}) with data.kube.minor as 30
	count(rule.deny) == 0 with input as _pod({"type": "container_engine_t"}) with data.kube.minor as 31
}

test_allowed if {
	count(rule.deny) == 0 with input as _pod({"type": "", "user": "", "role": null}) with data.kube.minor as 37
	count(rule.deny) == 0 with input as _pod({"type": "container_t", "level": "s0:c1"}) with data.kube.minor as 37
}
