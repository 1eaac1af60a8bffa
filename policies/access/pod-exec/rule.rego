# METADATA
# title: Role may run commands in containers
# description: |
#   With pods/exec or pods/attach one acts inside a running container: with its
#   identity, its Secrets and its network, and without a trace in the program's own
#   logs. An ephemeral container added to a running pod gives the same. In a
#   Kubernetes namespace with more powerful workloads it is a way up.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 6.0
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Remove the resource from the rule, or grant it only in the namespace and for the time of debugging.
#   since: 0.1.0
package policies.access["pod-exec"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("", {"pods/exec", "pods/attach"}, {"create", "get"})
}

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("", {"pods/ephemeralcontainers"}, {"patch", "update"})
}
