# METADATA
# title: Role may change the status of services
# description: |
#   In the status of a LoadBalancer Service stand the addresses it answers for, and
#   kube-proxy sends their traffic to its pods. Whoever may write the status can claim
#   the address of any other host and read what the cluster's pods send there
#   (CVE-2020-8554). Only load balancer controllers need it.
# related_resources:
# - ref: https://nvd.nist.gov/vuln/detail/CVE-2020-8554
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 5.5
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Remove services/status from the rule; only a load balancer controller writes it.
#   since: 0.1.0
package policies.access["service-status-write"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("", {"services/status"}, {"patch", "update"})
}
