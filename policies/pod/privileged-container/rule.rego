# METADATA
# title: Container is privileged
# description: |
#   A privileged container has every Linux capability, no seccomp, AppArmor or
#   SELinux confinement, and all devices of the node. It can mount the node's disk
#   and so read every Secret and take over every pod on the node. The Pod Security
#   Standards forbid it from the baseline level on.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/#privileged-containers
# custom:
#   severity: error
#   security_severity: 8.8
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: privileged}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   - {name: Azure Policy, section: Kubernetes cluster should not allow privileged containers}
#   remediation: Remove securityContext.privileged and add only the capabilities the program needs to securityContext.capabilities.add.
#   since: 0.1.0
package policies.pod["privileged-container"]

import data.sekisho.lib

deny contains finding if {
	some container in input.containers
	container.value.securityContext.privileged == true
	finding := {
		"path": lib.at(container, ["securityContext", "privileged"]),
		"message": sprintf("%s is privileged", [lib.title(container)]),
	}
}
