# METADATA
# title: Container keeps capabilities it does not need
# description: |
#   A container starts with the runtime's default capabilities, among them CHOWN,
#   DAC_OVERRIDE, SETUID and NET_RAW, which lets it forge packets. Few programs use
#   any. The restricted Pod Security Standard requires drop ALL, and allows only
#   NET_BIND_SERVICE to be added, since Kubernetes 1.22; pods that say they run on
#   Windows are exempt since 1.25.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#set-capabilities-for-a-container
# custom:
#   severity: warning
#   security_severity: 4.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: restricted, check: capabilities_restricted}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.8}
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.10}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: Set securityContext.capabilities.drop of the container to [ALL] and keep only NET_BIND_SERVICE in add, if anything.
#   since: 0.1.0
package policies.pod["capabilities-not-dropped"]

import data.sekisho.lib
import data.sekisho.lib.pss

deny contains finding if {
	_applies
	some container in input.containers
	not _drops_all(container)
	finding := {
		"path": lib.at(container, ["securityContext", "capabilities", "drop"]),
		"message": sprintf("%s does not drop all capabilities%s", [lib.title(container), _spelling(container)]),
	}
}

deny contains finding if {
	_applies
	some container in input.containers
	some i, capability in container.value.securityContext.capabilities.add
	capability != "NET_BIND_SERVICE"
	finding := {
		"path": lib.at(container, ["securityContext", "capabilities", "add", i]),
		"message": sprintf("%s adds capability %q beyond NET_BIND_SERVICE", [lib.title(container), capability]),
	}
}

_applies if {
	pss.since(22)
	not pss.windows_exempt
}

_drops_all(container) if "ALL" in container.value.securityContext.capabilities.drop

# Runtimes take any spelling of ALL; Pod Security takes one.
_spelling(container) := sprintf(": %q is not \"ALL\" to Pod Security", [written]) if {
	written := _misspelt(container)[0]
} else := ""

_misspelt(container) := [word |
	some word in container.value.securityContext.capabilities.drop
	upper(word) == "ALL"
]
