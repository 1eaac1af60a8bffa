# METADATA
# title: Container runs as user 0
# description: |
#   With runAsUser 0 a container is root, whatever the image says. Root in a container
#   is root on the node for everything the container can reach. The restricted Pod
#   Security Standard forbids it since Kubernetes 1.23; since 1.35 not to pods in a
#   user namespace of their own (hostUsers false), whose root is nobody on the node.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
# custom:
#   severity: warning
#   security_severity: 6.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: restricted, check: runAsUser}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.7}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: '"Non-root" containers and "rootless" container engines'}
#   - {name: Azure Policy, section: Kubernetes cluster pods and containers should only run with approved user and group IDs}
#   remediation: Set securityContext.runAsUser to the number of a user other than root, or remove it where the image names one.
#   since: 0.1.0
package policies.pod["root-user-id"]

import data.sekisho.lib.pss

deny contains finding if {
	pss.since(23)
	not pss.own_users
	some context in pss.contexts
	context.value.runAsUser == 0
	finding := {
		"path": array.concat(context.path, ["runAsUser"]),
		"message": sprintf("%s sets runAsUser to 0", [context.owner]),
	}
}
