# METADATA
# title: Container runs with a low user or group id
# description: |
#   Ids below 10000 are handed out to system users of nodes and of images. A process
#   that gets out of its container with such an id may meet files on the node that
#   belong to the same number. User 0 is reported by root-user-id.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
# custom:
#   severity: note
#   security_severity: 2.0
#   profile: strict
#   confidence: medium
#   kinds: [workload]
#   params:
#     minimum: 10000
#   remediation: Set securityContext.runAsUser and runAsGroup to numbers from 10000 on, or hostUsers to false.
#   since: 0.1.0
package policies.pod["low-user-id"]

import data.sekisho.lib.pss

deny contains finding if {
	not input.pod.spec.hostUsers == false
	some context in pss.contexts
	some field, what in {"runAsUser": "user", "runAsGroup": "group"}
	id := context.value[field]
	is_number(id)
	id < data.params["low-user-id"].minimum
	not _root_user(field, id)
	finding := {
		"path": array.concat(context.path, [field]),
		"message": sprintf("%s runs as %s %v", [context.owner, what, id]),
	}
}

_root_user("runAsUser", 0) := true
