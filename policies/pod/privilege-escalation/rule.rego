# METADATA
# title: Container may gain privileges
# description: |
#   Unless allowPrivilegeEscalation is false, a process may become more powerful than
#   its parent, for example through a set-user-ID program such as su or a file
#   capability. With false the kernel sets no_new_privs and such programs lose their
#   effect. The restricted Pod Security Standard requires it since Kubernetes 1.8;
#   pods that say they run on Windows are exempt since 1.25.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# - ref: https://docs.kernel.org/userspace-api/no_new_privs.html
# custom:
#   severity: warning
#   security_severity: 5.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: restricted, check: allowPrivilegeEscalation}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.6}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   - {name: Azure Policy, section: Kubernetes clusters should not allow container privilege escalation}
#   remediation: Set securityContext.allowPrivilegeEscalation of the container to false.
#   fixable: true
#   since: 0.1.0
package policies.pod["privilege-escalation"]

import data.sekisho.lib
import data.sekisho.lib.pss

deny contains object.union(finding, _fix(container)) if {
	pss.since(8)
	not pss.windows_exempt
	some container in input.containers
	setting := object.get(container.value, ["securityContext", "allowPrivilegeEscalation"], null)
	setting != false
	finding := {
		"path": lib.at(container, ["securityContext", "allowPrivilegeEscalation"]),
		"message": sprintf("%s %s privilege escalation", [lib.title(container), _verb(setting)]),
	}
}

_verb(setting) := "does not forbid" if setting == null

else := "allows"

# The API server refuses false beside privileged or SYS_ADMIN: those findings come first.
_fix(container) := {} if _needs_privileges(container)

else := {} if pss.for_windows

else := {"fix": pss.set_in_context(container, "allowPrivilegeEscalation", false)}

_needs_privileges(container) if container.value.securityContext.privileged == true

_needs_privileges(container) if {
	some capability in container.value.securityContext.capabilities.add
	capability in {"SYS_ADMIN", "CAP_SYS_ADMIN", "ALL"}
}
