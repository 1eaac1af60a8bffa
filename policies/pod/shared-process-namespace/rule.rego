# METADATA
# title: Containers of the pod share one process namespace
# description: |
#   With shareProcessNamespace every container of the pod sees the processes of the
#   others, may signal them where the user allows it, and reaches their files, secrets
#   included, through /proc/PID/root.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
# custom:
#   severity: note
#   security_severity: 2.5
#   profile: strict
#   confidence: high
#   kinds: [workload]
#   remediation: Remove shareProcessNamespace, and pass what the containers share through a volume.
#   since: 0.1.0
package policies.pod["shared-process-namespace"]

import data.sekisho.lib

deny contains finding if {
	input.pod.spec.shareProcessNamespace == true
	finding := {
		"path": lib.at(lib.pod, ["shareProcessNamespace"]),
		"message": "containers of the pod share one process namespace",
	}
}
