package policies.pod["host-namespace_test"]

import data.policies.pod["host-namespace"] as rule

_pod(spec) := {"pod": {"path": ["spec"], "spec": spec}}

test_each_namespace if {
	found := rule.deny with input as _pod({"hostNetwork": true, "hostPID": true, "hostIPC": true})
	{finding.path | some finding in found} == {["spec", "hostNetwork"], ["spec", "hostPID"], ["spec", "hostIPC"]}
}

test_message if {
	found := rule.deny with input as _pod({"hostPID": true, "hostIPC": false})
	found == {{"path": ["spec", "hostPID"], "message": "pod shares the process namespace of the node"}}
}

test_own_namespaces if {
	count(rule.deny) == 0 with input as _pod({"hostNetwork": false, "hostPID": null})
	count(rule.deny) == 0 with input as _pod({"hostUsers": true})
}
