# METADATA
# title: Container sees an unmasked /proc in its user namespace
# description: |
#   Since Kubernetes 1.35 the baseline Pod Security Standard lets a pod with a user
#   namespace of its own (hostUsers false) uncover the parts of /proc that runtimes
#   hide, for example to run containers inside it. The restricted level does not: those
#   parts still speak of the whole node.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#proc-access
# custom:
#   severity: warning
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: restricted, check: procMount_restricted}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.3}
#   remediation: Remove securityContext.procMount, or set it to Default.
#   since: 0.1.0
package policies.pod["proc-mount-restricted"]

import data.sekisho.lib
import data.sekisho.lib.pss

deny contains finding if {
	pss.since(35)
	some container in input.containers
	mount := container.value.securityContext.procMount
	not mount in {"Default", null}
	finding := {
		"path": lib.at(container, ["securityContext", "procMount"]),
		"message": sprintf("%s has procMount %q", [lib.title(container), mount]),
	}
}
