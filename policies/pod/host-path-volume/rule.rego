# METADATA
# title: Volume mounts a path of the node
# description: |
#   A hostPath volume gives the pod a piece of the node's file system. Whoever
#   controls the pod can read what the node and its other pods keep there, and,
#   where it is writable, change it: credentials of the kubelet, container
#   runtime sockets and logs have all been ways out of a container. The Pod
#   Security Standards forbid hostPath from the baseline level on.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   severity: error
#   security_severity: 7.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: hostPathVolumes}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.12}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: Use a persistentVolumeClaim for data, an emptyDir for scratch space, or a configMap, secret or projected volume for what the cluster provides.
#   since: 0.1.0
package policies.pod["host-path-volume"]

import data.sekisho.lib

deny contains finding if {
	some i, volume in input.pod.spec.volumes
	volume.hostPath != null
	finding := {
		"path": array.concat(input.pod.path, ["volumes", i, "hostPath"]),
		"message": sprintf("volume %q mounts host path %q", [
			lib.name(volume),
			object.get(volume.hostPath, ["path"], ""),
		]),
	}
}
