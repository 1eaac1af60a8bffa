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

# The API server makes such a volume an emptyDir.
test_volume_without_type if {
	count(rule.deny) == 0 with input as _pod([{"name": "a"}, {"name": "b", "emptyDir": null}, {"name": "c", "nfs": null}])
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
