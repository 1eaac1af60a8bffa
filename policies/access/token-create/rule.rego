# METADATA
# title: Role may create tokens of service accounts
# description: |
#   With create on serviceaccounts/token one takes a token of any ServiceAccount in
#   reach, the most powerful one included, valid for as long as one asks for, and acts
#   as it. A rule limited by resourceNames is left alone: it says whose tokens.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/service-accounts/#get-a-token
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 6.5
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.13}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Limit the rule to the accounts that are needed with resourceNames, or remove it.
#   since: 0.1.0
package policies.access["token-create"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("", {"serviceaccounts/token"}, {"create"})
	not rbac.limited(grant.rule)
}
