# METADATA
# title: Pod gets an API token it does not use
# description: |
#   Unless told otherwise Kubernetes puts a token of the pod's ServiceAccount into every
#   container. Where nothing is bound to the account the token is of no use to the
#   program, but an attacker can still authenticate with it, learn about the cluster,
#   and gains whatever anyone binds later. The rule is silent when a RoleBinding or
#   ClusterRoleBinding of the same render names the account.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting
# - ref: https://kubernetes.io/docs/concepts/security/service-accounts/
# custom:
#   severity: warning
#   security_severity: 4.5
#   profile: default
#   confidence: medium
#   kinds: [workload]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.6}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Protecting Pod service account tokens}
#   - {name: Azure Policy, section: Kubernetes clusters should disable automounting API credentials}
#   remediation: Set automountServiceAccountToken of the pod to false.
#   since: 0.1.0
package policies.pod["service-account-token-mounted"]

import data.sekisho.lib
import data.sekisho.lib.account

deny contains finding if {
	account.token_mounted
	input.facts.references.account.incomplete == false
	not _bound
	finding := {
		"path": lib.at(lib.pod, ["automountServiceAccountToken"]),
		"message": sprintf("pod mounts the token of service account %q, to which nothing is bound", [account.name]),
	}
}

_bound if {
	some grant in input.facts.references.grants
	grant.direct
}
