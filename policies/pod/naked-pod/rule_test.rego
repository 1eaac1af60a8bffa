package policies.pod["naked-pod_test"]

import data.policies.pod["naked-pod"] as rule

_pod(owners) := {"object": {"kind": "Pod", "metadata": {"name": "app", "ownerReferences": owners}}}

test_bare if {
	found := rule.deny with input as _pod(null)
	found == {{"path": ["kind"], "message": `pod "app" has no controller`}}
	count(rule.deny) == 1 with input as _pod([])
}

test_owned if {
	count(rule.deny) == 0 with input as _pod([{"kind": "ReplicaSet", "name": "app"}])
}
