package policies.pod["restricted-volume-type_test"]

import data.policies.pod["restricted-volume-type"] as rule

_pod(volumes) := {"pod": {"path": ["spec"], "spec": {"volumes": volumes}}}

test_names_the_type if {
	found := rule.deny with input as _pod([{"name": "data", "nfs": {"server": "nas", "path": "/"}}])
	found == {{
		"path": ["spec", "volumes", 0, "nfs"],
		"message": `volume "data" has type "nfs"`,
	}}
}

test_volume_without_type if {
	found := rule.deny with input as _pod([{"name": "data", "emptyDir": null}])
	{finding.message | some finding in found} == {`volume "data" has no type`}
	{finding.fix | some finding in found} == {[{"op": "add", "path": ["spec", "volumes", 0, "emptyDir"], "value": {}}]}
}

test_allowed if {
	count(rule.deny) == 0 with input as _pod([
		{"name": "a", "emptyDir": {}},
		{"name": "b", "image": {"reference": "registry.example.com/model:1"}},
		{"name": "c", "persistentVolumeClaim": {"claimName": "c"}},
		{"name": "d", "ephemeral": {}},
	])
	count(rule.deny) == 0 with input as _pod(null)
}
