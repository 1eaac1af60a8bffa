# METADATA
# title: Role may create pods
# description: |
#   Whoever may create pods in a namespace may use every ServiceAccount, Secret and
#   volume of it, because a pod names them freely, and where no policy forbids it may
#   start privileged pods and so take over nodes. Creating or changing Deployments,
#   Jobs and other workloads is the same.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 5.5
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.4}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Grant it only in namespaces with an enforced Pod Security level, to the deployer alone, and remove it from the other rules.
#   since: 0.1.0
package policies.access["pod-create"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("", {"pods", "replicationcontrollers"}, {"create"})
}

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("apps", {"deployments", "daemonsets", "statefulsets", "replicasets"}, {"create", "patch", "update"})
}

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("batch", {"jobs", "cronjobs"}, {"create", "patch", "update"})
}
