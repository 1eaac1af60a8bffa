# METADATA
# title: Role may give itself more rights
# description: |
#   Kubernetes lets nobody grant rights they do not have, with three exceptions:
#   escalate changes roles freely, bind binds any role, impersonate acts as another
#   user, group or ServiceAccount. Each of them is every right there is in its scope.
#   For bind and impersonate a rule limited by resourceNames is left alone unless it
#   names a built-in administrator.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: error
#   security_severity: 8.5
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.8}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Remove the verb, or limit bind and impersonate with resourceNames to the roles or users that are needed.
#   since: 0.1.0
package policies.access["privilege-escalation-verb"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("rbac.authorization.k8s.io", {"roles", "clusterroles"}, {"bind", "escalate"})
	not _binds_only(grant.rule, {"admin", "cluster-admin", "edit"})
}

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("", {"groups", "serviceaccounts", "users"}, {"impersonate"})
	not _spares(grant.rule, {"system:masters"})
}

# A role that may be escalated can be given any right, whatever its name.
_binds_only(rule, dangerous) if {
	count({"escalate", "*"} & {verb | some verb in rule.verbs}) == 0
	_spares(rule, dangerous)
}

# True for a rule limited to names, none of them dangerous.
_spares(rule, dangerous) if {
	rbac.limited(rule)
	count(dangerous & {name | some name in rule.resourceNames}) == 0
}
