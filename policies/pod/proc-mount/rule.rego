# METADATA
# title: Container sees an unmasked /proc
# description: |
#   Container runtimes hide or protect parts of /proc that speak of, or change, the
#   whole node. procMount Unmasked uncovers them. The Pod Security Standards forbid
#   it at the baseline level; since Kubernetes 1.35 a pod in a user namespace of its
#   own (hostUsers false) may have it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#proc-access
# custom:
#   severity: error
#   security_severity: 6.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: procMount}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.3}
#   - {name: Azure Policy, section: Kubernetes cluster containers should only use allowed ProcMountType}
#   remediation: Remove securityContext.procMount, or set it to Default.
#   since: 0.1.0
package policies.pod["proc-mount"]

import data.sekisho.lib
import data.sekisho.lib.pss

deny contains finding if {
	not pss.own_users
	some container in input.containers
	mount := container.value.securityContext.procMount
	not mount in {"Default", null}
	finding := {
		"path": lib.at(container, ["securityContext", "procMount"]),
		"message": sprintf("%s has procMount %q", [lib.title(container), mount]),
	}
}
