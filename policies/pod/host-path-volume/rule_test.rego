package policies.pod["host-path-volume_test"]

import data.policies.pod["host-path-volume"] as rule

_pod(volumes) := {"pod": {"path": ["spec"], "spec": {"volumes": volumes}}}

test_names_the_path if {
	found := rule.deny with input as _pod([{"name": "data", "hostPath": {"path": "/var/lib"}}])
	found == {{
		"path": ["spec", "volumes", 0, "hostPath"],
		"message": `volume "data" mounts host path "/var/lib"`,
	}}
}

test_volume_without_name_or_path if {
	found := rule.deny with input as _pod([{"hostPath": {}}])
	found == {{"path": ["spec", "volumes", 0, "hostPath"], "message": `volume "" mounts host path ""`}}
}

test_null_is_absent if {
	count(rule.deny) == 0 with input as _pod([{"name": "data", "hostPath": null}])
	count(rule.deny) == 0 with input as _pod(null)
}
