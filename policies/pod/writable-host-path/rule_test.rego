package policies.pod["writable-host-path_test"]

import data.policies.pod["writable-host-path"] as rule

_pod(host_path, mount) := {
	"pod": {"path": ["spec"], "spec": {"volumes": [{"name": "v", "hostPath": host_path}, {"name": "other", "emptyDir": {}}]}},
	"containers": [{
		"type": "container",
		"path": ["spec", "containers", 0],
		"value": {"name": "app", "volumeMounts": [{"name": "other"}, object.union({"name": "v"}, mount)]},
	}],
}

test_absent_and_false if {
	found := rule.deny with input as _pod({"path": "/srv"}, {})
	found == {{
		"path": ["spec", "containers", 0, "volumeMounts", 1, "readOnly"],
		"message": `container "app" may write to host path "/srv"`,
	}}
	count(rule.deny) == 1 with input as _pod({"path": "/srv"}, {"readOnly": false})
}

test_read_only if {
	count(rule.deny) == 0 with input as _pod({"path": "/srv"}, {"readOnly": true})
}

test_sockets_and_devices if {
	count(rule.deny) == 0 with input as _pod({"path": "/run/agent.sock", "type": "Socket"}, {})
	count(rule.deny) == 0 with input as _pod({"path": "/dev/fuse", "type": "CharDevice"}, {})
	count(rule.deny) == 0 with input as _pod({"path": "/var/run/docker.sock"}, {})
}
