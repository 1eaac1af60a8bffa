# METADATA
# title: Role may change admission
# description: |
#   Whoever may write mutating or validating webhook configurations decides what the
#   API server asks before it stores an object: a webhook of one's own reads every
#   Secret that is written, changes every pod, or lets pass what another would refuse.
#   Mutating admission policies do it without a server.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: error
#   security_severity: 7.5
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.12}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Grant get, list and watch only; let the tool that installs the webhook own its configuration, limited by resourceNames.
#   since: 0.1.0
package policies.access["webhook-configuration-write"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("admissionregistration.k8s.io", {"mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"}, {"create", "patch", "update"})
}
