package policies.pod["sensitive-host-path_test"]

import data.policies.pod["sensitive-host-path"] as rule

_params := {"sensitive-host-path": {"paths": ["/", "/etc", "/run"], "trees": ["/root", "/etc/ssh"]}}

_pod(path) := {"pod": {
	"path": ["spec"],
	"spec": {"volumes": [{"name": "v", "hostPath": {"path": path}}]},
}}

test_message if {
	found := rule.deny with input as _pod("/etc/") with data.params as _params
	found == {{
		"path": ["spec", "volumes", 0, "hostPath", "path"],
		"message": `volume "v" mounts the node's "/etc/"`,
	}}
}

test_folder_and_tree if {
	every path in ["/", "/etc", "/var/run", "/root", "/root/.ssh", "/etc/ssh/keys"] {
		count(rule.deny) == 1 with input as _pod(path) with data.params as _params
	}
}

test_beside if {
	every path in ["/etc/localtime", "/rooted", "/srv/root", "/var/runner"] {
		count(rule.deny) == 0 with input as _pod(path) with data.params as _params
	}
}

test_runtime_socket_has_its_own_rule if {
	params := {"sensitive-host-path": {"paths": [], "trees": ["/run"]}}
	count(rule.deny) == 0 with input as _pod("/var/run/docker.sock") with data.params as params
}
