# METADATA
# title: Seccomp is switched off
# description: |
#   Seccomp limits which system calls a container may make; the runtime's default
#   profile blocks some forty that are of use mainly to attackers. Unconfined lets
#   every call through to the node's kernel. The Pod Security Standards allow only
#   RuntimeDefault and Localhost from the baseline level on; before Kubernetes 1.19
#   annotations chose the profile.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/reference/node/seccomp/
# custom:
#   severity: error
#   security_severity: 6.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: seccompProfile_baseline}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   - {name: Azure Policy, section: Kubernetes cluster containers should only use allowed seccomp profiles}
#   remediation: Set securityContext.seccompProfile.type to RuntimeDefault, or to Localhost with a profile of your own.
#   since: 0.1.0
package policies.pod["seccomp-unconfined"]

import data.sekisho.lib.pss

deny contains finding if {
	pss.since(19)
	some context in pss.bad_seccomp
	finding := {
		"path": array.concat(context.path, ["seccompProfile", "type"]),
		"message": sprintf("%s has seccomp profile type %q", [context.owner, context.type]),
	}
}

deny contains finding if {
	not pss.since(19)
	some key in _keys
	value := input.pod.meta.annotations[key]
	not _allowed(value)
	finding := {
		"path": array.concat(input.pod.meta_path, ["annotations", key]),
		"message": sprintf("annotation %q sets seccomp profile %q", [key, value]),
	}
}

_keys contains "seccomp.security.alpha.kubernetes.io/pod"

_keys contains sprintf("container.seccomp.security.alpha.kubernetes.io/%s", [container.value.name]) if {
	some container in input.containers
}

_allowed(value) if value in {"runtime/default", "docker/default"}

_allowed(value) if {
	is_string(value)
	startswith(value, "localhost/")
}
