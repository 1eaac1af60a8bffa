# METADATA
# title: Policy rule allows every destination
# description: |
#   A rule without peers, with 0.0.0.0/0 or ::/0, or with an empty namespaceSelector
#   lets the pods connect to anything, and stolen data leave to anywhere: the policy looks
#   like isolation and is none, for the ports it names or for all. Kubernetes reads an
#   absent or empty `to` as every destination. A rule for DNS alone is left in peace.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   severity: warning
#   security_severity: 5.0
#   profile: default
#   confidence: high
#   kinds: [NetworkPolicy, CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy, GlobalNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.3.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Name in to what the pods need, by a podSelector for the own namespace, a namespaceSelector with a podSelector for others, an ipBlock for known networks.
#   since: 0.1.0
package policies.network["open-egress-rule"]

import data.sekisho.lib

deny contains finding if {
	some rule in input.facts.network.open
	rule.direction == "egress"
	finding := {
		"path": rule.path,
		"message": sprintf("egress rule of policy %q allows %s", [lib.object_name, rule.allows]),
		"related": rule.related,
	}
}
