# METADATA
# title: Pod mounts a sensitive path of the node
# description: |
#   Some folders hold what the node is made of: its root, /etc with the kubelet's and
#   the control plane's credentials, /proc and /sys, /var/lib/kubelet with the Secrets
#   of every pod on the node, the home of root. Read access is often enough to act as
#   the node, write access always. A mount of the container runtime's socket is
#   reported by container-runtime-socket instead.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   security_severity: 8.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   params:
#     # These folders themselves; what lies in them is host-path-volume's.
#     paths:
#     - /
#     - /bin
#     - /boot
#     - /dev
#     - /etc
#     - /home
#     - /lib
#     - /lib64
#     - /opt
#     - /proc
#     - /run
#     - /sbin
#     - /sys
#     - /usr
#     - /var
#     - /var/lib
#     - /var/lib/kubelet
#     - /var/log
#     # These with everything in them.
#     trees:
#     - /etc/cni
#     - /etc/cron.d
#     - /etc/kubernetes
#     - /etc/passwd
#     - /etc/shadow
#     - /etc/ssh
#     - /etc/sudoers
#     - /etc/sudoers.d
#     - /etc/systemd
#     - /opt/cni
#     - /root
#     - /run/secrets
#     - /var/lib/containerd
#     - /var/lib/containers
#     - /var/lib/docker
#     - /var/lib/etcd
#     - /var/lib/kubelet/pki
#     - /var/lib/kubelet/pods
#     - /var/lib/rancher
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.12}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: Mount only the file or folder the program needs, or take the data from the API server or a volume.
#   since: 0.1.0
package policies.pod["sensitive-host-path"]

import data.sekisho.lib
import data.sekisho.lib.hostpath

deny contains finding if {
	some volume in hostpath.volumes
	_sensitive(volume.path)
	not hostpath.runtime_socket(volume.path)
	finding := {
		"path": lib.at(lib.pod, ["volumes", volume.index, "hostPath", "path"]),
		"message": sprintf("volume %q mounts the node's %q", [volume.name, volume.written]),
	}
}

_sensitive(path) if path in data.params["sensitive-host-path"].paths

_sensitive(path) if hostpath.beneath(path, data.params["sensitive-host-path"].trees)
