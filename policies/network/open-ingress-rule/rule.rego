# METADATA
# title: Policy rule allows every source
# description: |
#   A rule without peers, with 0.0.0.0/0 or ::/0, or with an empty namespaceSelector
#   lets everyone connect: the policy looks like isolation and is none, for the ports it
#   names or for all. Kubernetes reads an absent or empty `from` as every source.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   severity: warning
#   security_severity: 4.8
#   profile: default
#   confidence: high
#   kinds: [NetworkPolicy, CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy, GlobalNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.3.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Name in from who connects, by a podSelector for the own namespace, a namespaceSelector with a podSelector for others, an ipBlock for known networks.
#   since: 0.1.0
package policies.network["open-ingress-rule"]

import data.sekisho.lib

deny contains finding if {
	some rule in input.facts.network.open
	rule.direction == "ingress"
	finding := {
		"path": rule.path,
		"message": sprintf("ingress rule of policy %q allows %s", [lib.object_name, rule.allows]),
		"related": rule.related,
	}
}
