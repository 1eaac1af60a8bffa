# METADATA
# title: Policy selects no pod
# description: |
#   A policy whose podSelector matches no pod protects nothing, and nothing says so: the API
#   server accepts it. Most often a label was renamed, or the policy was put into another
#   namespace than the pods. It is reported where this render holds the namespace's
#   workloads, or holds matching pods in another namespace; not where custom resources
#   of the namespace may make pods that no file shows.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   severity: warning
#   security_severity: 5.0
#   profile: default
#   confidence: medium
#   kinds: [NetworkPolicy, CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy, GlobalNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.3.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Give podSelector labels that the pod template carries, and the policy the namespace of the pods.
#   since: 0.1.0
package policies.network["policy-selects-nothing"]

import data.sekisho.lib

deny contains finding if {
	nothing := input.facts.network.selects_nothing
	finding := {
		"path": nothing.path,
		"message": sprintf("policy %q selects no pod%s", [lib.object_name, _elsewhere(nothing.elsewhere)]),
	}
}

_elsewhere([]) := " that is rendered with it"

_elsewhere(namespaces) := sprintf(" of its namespace; its labels fit pods of namespace %q", [namespaces[0]]) if {
	count(namespaces) > 0
}
