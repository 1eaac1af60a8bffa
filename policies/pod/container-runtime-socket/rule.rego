# METADATA
# title: Pod mounts the container runtime's socket
# description: |
#   Whoever can talk to the socket of containerd, CRI-O, Docker or Podman can start a
#   privileged container with the node's disk mounted, outside the API server's sight
#   and rules: it is root on the node. Mounting it read-only changes nothing, a socket
#   is used, not written to.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://docs.docker.com/engine/security/#docker-daemon-attack-surface
# - ref: https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html
# custom:
#   severity: error
#   security_severity: 9.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.12}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: Remove the volume; build images with a builder that needs no daemon, read container data from the kubelet or the API server.
#   since: 0.1.0
package policies.pod["container-runtime-socket"]

import data.sekisho.lib
import data.sekisho.lib.hostpath

deny contains finding if {
	some volume in hostpath.volumes
	hostpath.runtime_socket(volume.path)
	finding := {
		"path": lib.at(lib.pod, ["volumes", volume.index, "hostPath", "path"]),
		"message": sprintf("volume %q gives access to the container runtime at %q", [volume.name, volume.written]),
	}
}
