# METADATA
# title: Container may write to a path of the node
# description: |
#   A hostPath volume mounted without readOnly lets the container change files of the
#   node, which outlive it and which other pods or the node itself may trust: a
#   script, a configuration, a log that a privileged process follows. Sockets and
#   devices are left out, readOnly does not protect those.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/#read-only-mounts
# custom:
#   severity: warning
#   security_severity: 6.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: Set readOnly of the volumeMount to true, or use a persistentVolumeClaim for data that must be written.
#   since: 0.1.0
package policies.pod["writable-host-path"]

import data.sekisho.lib
import data.sekisho.lib.hostpath

deny contains finding if {
	some volume in hostpath.volumes
	not volume.type in {"Socket", "CharDevice", "BlockDevice"}
	not hostpath.runtime_socket(volume.path)
	some container in input.containers
	some i, mount in container.value.volumeMounts
	mount.name == volume.name
	object.get(mount, "readOnly", false) != true
	finding := {
		"path": lib.at(container, ["volumeMounts", i, "readOnly"]),
		"message": sprintf("%s may write to host path %q", [lib.title(container), volume.written]),
	}
}
