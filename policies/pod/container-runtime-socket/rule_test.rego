package policies.pod["container-runtime-socket_test"]

import data.policies.pod["container-runtime-socket"] as rule

_pod(path) := {"pod": {
	"path": ["spec"],
	"spec": {"volumes": [{"name": "v", "hostPath": {"path": path}}]},
}}

test_message if {
	found := rule.deny with input as _pod("/var/run/docker.sock")
	found == {{
		"path": ["spec", "volumes", 0, "hostPath", "path"],
		"message": `volume "v" gives access to the container runtime at "/var/run/docker.sock"`,
	}}
}

test_spellings if {
	every path in [
		"/run/docker.sock",
		"//var//run/./docker.sock/",
		"/run/containerd/containerd.sock",
		"/run/containerd",
		"/var/run/crio/crio.sock",
		`\\.\pipe\docker_engine`,
	] {
		count(rule.deny) == 1 with input as _pod(path)
	}
}

test_other_paths if {
	every path in ["/", "/run", "/var/run", "/run/docker.sock.d", "/var/lib/docker", "docker.sock", ""] {
		count(rule.deny) == 0 with input as _pod(path)
	}
}

test_no_path if {
	count(rule.deny) == 0 with input as {"pod": {"path": ["spec"], "spec": {"volumes": [{"name": "v", "hostPath": {}}]}}}
	count(rule.deny) == 0 with input as {"pod": {"path": ["spec"], "spec": {"volumes": null}}}
}
