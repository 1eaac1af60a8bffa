# METADATA
# title: Container may run as root
# description: |
#   Without runAsNonRoot a container runs as the user its image names, and most images
#   name none, which is root. Root in a container is root on the node for everything
#   the container can reach, so a flaw in the runtime or a wrongly mounted file becomes
#   the node's. With runAsNonRoot the kubelet refuses to start a container as root. The
#   restricted Pod Security Standard requires it; since Kubernetes 1.35 not of pods in
#   a user namespace of their own (hostUsers false).
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
# custom:
#   severity: warning
#   security_severity: 5.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: restricted, check: runAsNonRoot}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.7}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: '"Non-root" containers and "rootless" container engines'}
#   - {name: Azure Policy, section: Kubernetes cluster pods and containers should only run with approved user and group IDs}
#   remediation: Set securityContext.runAsNonRoot of the pod to true, and securityContext.runAsUser where the image names no user by number.
#   since: 0.1.0
package policies.pod["run-as-root"]

import data.sekisho.lib
import data.sekisho.lib.pss

deny contains finding if {
	not pss.own_users
	some context in pss.contexts
	context.value.runAsNonRoot == false
	finding := {
		"path": array.concat(context.path, ["runAsNonRoot"]),
		"message": sprintf("%s sets runAsNonRoot to false", [context.owner]),
	}
}

deny contains finding if {
	not pss.own_users
	object.get(input.pod.spec, ["securityContext", "runAsNonRoot"], null) == null
	some container in input.containers
	object.get(container.value, ["securityContext", "runAsNonRoot"], null) == null
	finding := {
		"path": lib.at(container, ["securityContext", "runAsNonRoot"]),
		"message": _message(container),
	}
}

_message(container) := sprintf("%s does not set runAsNonRoot", [lib.title(container)]) if {
	lib.setting(container, "runAsUser").value > 0
} else := sprintf("%s may run as root", [lib.title(container)])
