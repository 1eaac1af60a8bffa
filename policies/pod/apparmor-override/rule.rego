# METADATA
# title: Container leaves its AppArmor profile
# description: |
#   On nodes with AppArmor the container runtime confines every container with a
#   default profile, which among others denies mounting and writing to /proc/sys.
#   The type Unconfined, or its older annotation, takes that away. The Pod Security
#   Standards allow only the runtime's profile and profiles of the node from the
#   baseline level on.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tutorials/security/apparmor/
# custom:
#   severity: error
#   security_severity: 6.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: appArmorProfile}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.3}
#   - {name: Azure Policy, section: Kubernetes cluster containers should only use allowed AppArmor profiles}
#   remediation: Set securityContext.appArmorProfile.type to RuntimeDefault or Localhost, or remove it.
#   since: 0.1.0
package policies.pod["apparmor-override"]

import data.sekisho.lib.pss

deny contains finding if {
	some context in pss.contexts
	context.value.appArmorProfile != null
	type := object.get(context.value, ["appArmorProfile", "type"], "")
	not type in {"RuntimeDefault", "Localhost"}
	finding := {
		"path": array.concat(context.path, ["appArmorProfile", "type"]),
		"message": sprintf("%s has AppArmor profile type %q", [context.owner, type]),
	}
}

# Before securityContext.appArmorProfile, an annotation for each container chose the
# profile. Kubernetes still checks it, whether or not there is such a container.
deny contains finding if {
	some key, value in input.pod.meta.annotations
	startswith(key, _prefix)
	not _allowed(value)
	finding := {
		"path": array.concat(input.pod.meta_path, ["annotations", key]),
		"message": sprintf("container %q has AppArmor profile %q", [trim_prefix(key, _prefix), value]),
	}
}

_prefix := "container.apparmor.security.beta.kubernetes.io/"

_allowed(value) if value in {"", "runtime/default", null}

_allowed(value) if {
	is_string(value)
	startswith(value, "localhost/")
}
