# METADATA
# title: Workload runs as the default service account
# description: |
#   The account "default" is shared by every workload of the namespace that names
#   none. What is bound to it for one of them, all of them get, and audit logs cannot
#   tell them apart. A pod that mounts no token has nothing of it and is left alone.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.5}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Name a ServiceAccount of the workload's own in serviceAccountName, or set automountServiceAccountToken to false.
#   since: 0.1.0
package policies.pod["default-service-account"]

import data.sekisho.lib
import data.sekisho.lib.account

deny contains finding if {
	account.name == "default"
	account.token_mounted
	finding := {
		"path": lib.at(lib.pod, [_field]),
		"message": `pod runs as service account "default"`,
	}
}

# serviceAccount is the field's old name, which the API server still reads.
_field := "serviceAccount" if {
	not input.pod.spec.serviceAccountName
	input.pod.spec.serviceAccount
} else := "serviceAccountName"
