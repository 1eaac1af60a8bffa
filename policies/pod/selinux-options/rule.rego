# METADATA
# title: Pod changes its SELinux identity
# description: |
#   On nodes with SELinux the container runtime runs containers in a confined type.
#   Another type, for example spc_t, is not confined at all, and a user or role of
#   choice changes what the policy allows. The Pod Security Standards allow only the
#   container types from the baseline level on, and neither user nor role.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#assign-selinux-labels-to-a-container
# custom:
#   severity: error
#   security_severity: 6.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: seLinuxOptions}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.3}
#   - {name: Azure Policy, section: Kubernetes cluster pods and containers should follow SELinux security standards}
#   remediation: Remove user and role from securityContext.seLinuxOptions and set type to container_t, container_init_t or container_kvm_t, or remove it.
#   since: 0.1.0
package policies.pod["selinux-options"]

import data.sekisho.lib.pss

deny contains finding if {
	some context in pss.contexts
	type := context.value.seLinuxOptions.type
	not type in _types
	finding := {
		"path": array.concat(context.path, ["seLinuxOptions", "type"]),
		"message": sprintf("%s has SELinux type %q", [context.owner, type]),
	}
}

deny contains finding if {
	some context in pss.contexts
	some field in ["user", "role"]
	value := context.value.seLinuxOptions[field]
	not value in {"", null}
	finding := {
		"path": array.concat(context.path, ["seLinuxOptions", field]),
		"message": sprintf("%s has SELinux %s %q", [context.owner, field, value]),
	}
}

_types contains type if some type in ["", null, "container_t", "container_init_t", "container_kvm_t"]

_types contains "container_engine_t" if pss.since(31)
