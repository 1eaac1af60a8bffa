# METADATA
# title: Role may use the kubelet's API
# description: |
#   The nodes/proxy subresource gives the kubelet's own API: run commands in every
#   container of the node and read every log, past admission and mostly past audit.
#   Already get is enough to run commands, because the kubelet takes WebSocket
#   requests for reads.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: error
#   security_severity: 8.0
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.10}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Remove nodes/proxy; monitoring needs nodes/metrics, nodes/stats or nodes/pods at most.
#   since: 0.1.0
package policies.access["node-proxy"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("", {"nodes/proxy"}, {"create", "get", "patch", "update", "delete"})
}
