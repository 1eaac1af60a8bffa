# METADATA
# title: Pod that no egress policy selects
# description: |
#   Without a policy for egress a pod may open connections to anything: the internet, the
#   node's metadata service, the databases of other teams. That is how stolen data
#   leaves and how further tools come in. Kubernetes allows everything until a policy
#   selects the pod for egress; a policy for ingress alone does not. This rule and
#   metadata-endpoint-reachable can both speak about one pod: each can be switched off
#   without the other being lost.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/#network-isolation
# custom:
#   severity: warning
#   security_severity: 5.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.3.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Add a NetworkPolicy whose podSelector matches these pods (an empty one matches all of the namespace) with Egress in policyTypes, and list what they may reach, DNS included.
#   since: 0.1.0
package policies.network["pod-without-egress-policy"]

import data.sekisho.lib

# No policy holds for a pod in the node's network: see host-namespace.
deny contains finding if {
	network := input.facts.network
	not network.host_network
	count(network.egress.policies) == 0
	finding := {
		"path": input.pod.path,
		"message": sprintf("no egress policy selects the pods of %s %q", [lower(input.kind), lib.object_name]),
	}
}
