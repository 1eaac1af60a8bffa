# METADATA
# title: Pod that no ingress policy selects
# description: |
#   Without a policy for ingress every pod of the cluster, of every namespace and
#   team, may open connections to this one: one pod that is taken over is a way to
#   all others. Kubernetes allows everything until a policy selects the pod. Policies
#   are matched as Kubernetes matches them, by namespace and labels; those of Cilium and
#   Calico and admin policies count too.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/#network-isolation
# custom:
#   severity: warning
#   security_severity: 5.3
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.3.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Add a NetworkPolicy whose podSelector matches these pods (an empty one matches all of the namespace) with Ingress in policyTypes, and list who may connect.
#   since: 0.1.0
package policies.network["pod-without-ingress-policy"]

import data.sekisho.lib

# No policy holds for a pod in the node's network: see host-namespace.
deny contains finding if {
	network := input.facts.network
	not network.host_network
	count(network.ingress.policies) == 0
	finding := {
		"path": input.pod.path,
		"message": sprintf("no ingress policy selects the pods of %s %q", [lower(input.kind), lib.object_name]),
	}
}
