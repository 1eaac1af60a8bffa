# METADATA
# title: Container has no seccomp profile
# description: |
#   Without a seccompProfile most clusters start containers unconfined, with every
#   system call of the node's kernel open to them. RuntimeDefault is the profile the
#   container runtime ships and fits nearly every program. The restricted Pod Security
#   Standard requires RuntimeDefault or Localhost since Kubernetes 1.19; pods that say
#   they run on Windows are exempt since 1.25.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tutorials/security/seccomp/
# custom:
#   severity: warning
#   security_severity: 4.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: restricted, check: seccompProfile_restricted}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: Set securityContext.seccompProfile.type of the pod to RuntimeDefault.
#   fixable: true
#   since: 0.1.0
package policies.pod["seccomp-missing"]

import data.sekisho.lib
import data.sekisho.lib.pss

deny contains finding if {
	_applies
	some context in pss.bad_seccomp
	finding := {
		"path": array.concat(context.path, ["seccompProfile", "type"]),
		"message": sprintf("%s has seccomp profile type %q", [context.owner, context.type]),
	}
}

deny contains object.union(finding, _fix) if {
	_applies
	object.get(input.pod.spec, ["securityContext", "seccompProfile"], null) == null
	some container in input.containers
	object.get(container.value, ["securityContext", "seccompProfile"], null) == null
	finding := {
		"path": lib.at(container, ["securityContext", "seccompProfile"]),
		"message": sprintf("%s has no seccomp profile", [lib.title(container)]),
	}
}

# One profile of the pod holds for all its containers without one.
_fix := {} if pss.for_windows

else := {"fix": pss.set_in_context(lib.pod, "seccompProfile", {"type": "RuntimeDefault"})}

_applies if {
	pss.since(19)
	not pss.windows_exempt
}
