# METADATA
# title: Paths of the node
# description: |
#   What the rules about hostPath volumes share. host-path-volume speaks of every such
#   volume; of container-runtime-socket and sensitive-host-path at most one speaks of
#   a volume, the first.
package sekisho.lib.hostpath

# The hostPath volumes of the pod, each with its index, name, type and its path in
# the one spelling that the lists below use.
volumes := [found |
	some i, volume in input.pod.spec.volumes
	is_string(volume.hostPath.path)
	found := {
		"index": i,
		"name": volume.name,
		"type": object.get(volume.hostPath, "type", ""),
		"written": volume.hostPath.path,
		"path": clean(volume.hostPath.path),
	}
]

# clean("//var/run/docker.sock/") is "/run/docker.sock": without superfluous slashes,
# and /var/run is a link to /run on every current distribution.
clean(path) := _run(sprintf("/%s", [concat("/", parts)])) if {
	startswith(path, "/")
	parts := [part | some part in split(path, "/"); not part in {"", "."}]
} else := path

_run(path) := substring(path, count("/var"), -1) if _beneath(path, "/var/run")

else := path

# beneath(path, dirs) holds for a path that is, or lies in, one of the folders.
beneath(path, dirs) if {
	some dir in dirs
	_beneath(path, dir)
}

_beneath(path, dir) if path == dir

_beneath(path, dir) if startswith(path, sprintf("%s/", [dir]))

# runtime_socket(path) holds for the socket of a container runtime, or the folder
# that is made for it.
runtime_socket(path) if path in _sockets

_sockets := {
	"/run/containerd",
	"/run/containerd/containerd.sock",
	"/run/cri-dockerd.sock",
	"/run/crio",
	"/run/crio/crio.sock",
	"/run/docker.sock",
	"/run/dockershim.sock",
	"/run/k3s/containerd",
	"/run/k3s/containerd/containerd.sock",
	"/run/podman",
	"/run/podman/podman.sock",
	"/var/snap/microk8s/common/run/containerd.sock",
	`\\.\pipe\containerd-containerd`,
	`\\.\pipe\docker_engine`,
}
