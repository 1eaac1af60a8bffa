# METADATA
# title: Container adds a powerful capability
# description: |
#   Linux splits root's power into capabilities, and container runtimes grant a small
#   default set. Capabilities beyond it, such as SYS_ADMIN, SYS_PTRACE or NET_ADMIN,
#   let a container mount file systems, read other processes or rewrite the node's
#   network. The Pod Security Standards allow only the default set to be added at the
#   baseline level.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://man7.org/linux/man-pages/man7/capabilities.7.html
# custom:
#   severity: error
#   security_severity: 7.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: capabilities_baseline}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.9}
#   - {name: Azure Policy, section: Kubernetes cluster containers should only use allowed capabilities}
#   remediation: Remove the capability from securityContext.capabilities.add, or move the work that needs it into a pod of its own.
#   since: 0.1.0
package policies.pod["added-capability"]

import data.sekisho.lib

deny contains finding if {
	some container in input.containers
	some i, capability in container.value.securityContext.capabilities.add
	not capability in _allowed
	finding := {
		"path": lib.at(container, ["securityContext", "capabilities", "add", i]),
		"message": sprintf("%s adds capability %q", [lib.title(container), capability]),
	}
}

# What container runtimes grant by default, without NET_RAW.
_allowed := {
	"AUDIT_WRITE",
	"CHOWN",
	"DAC_OVERRIDE",
	"FOWNER",
	"FSETID",
	"KILL",
	"MKNOD",
	"NET_BIND_SERVICE",
	"SETFCAP",
	"SETGID",
	"SETPCAP",
	"SETUID",
	"SYS_CHROOT",
}
