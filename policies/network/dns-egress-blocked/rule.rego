# METADATA
# title: Isolated pods may ask no DNS server
# description: |
#   A policy that isolates pods for egress denies DNS too. When no policy that selects them
#   allows port 53, every name the pods look up fails, after seconds of waiting each time.
#   It is the usual first surprise of a default-deny policy, and the usual reason to give
#   it up.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic
# - ref: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
# custom:
#   severity: warning
#   security_severity: 2.0
#   profile: default
#   confidence: medium
#   kinds: [NetworkPolicy, CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy, GlobalNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy]
#   remediation: Add an egress rule for ports 53 UDP and TCP to the pods labelled k8s-app kube-dns in kube-system.
#   since: 0.1.0
package policies.network["dns-egress-blocked"]

import data.sekisho.lib

deny contains finding if {
	pods := input.facts.network.without_dns
	count(pods) > 0
	finding := {
		"path": ["spec"],
		"message": sprintf("policy %q isolates %s for egress, and no rule allows port 53 (DNS)", [lib.object_name, _pods(pods)]),
	}
}

_pods(names) := "every pod of its namespace" if names == ["every pod"]

_pods(names) := sprintf("%q", [names[0]]) if {
	count(names) == 1
	names != ["every pod"]
}

_pods(names) := sprintf("%q and %d more", [names[0], count(names) - 1]) if count(names) > 1
