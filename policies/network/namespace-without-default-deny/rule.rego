# METADATA
# title: Namespace without a default-deny policy
# description: |
#   Policies only narrow the pods they select. A policy with an empty podSelector and
#   no rules isolates every pod of its namespace, also those that are added later
#   and that nobody wrote a policy for. It is the base on which all other policies only
#   add what is needed, and what CIS and NSA ask of every namespace.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies
# - ref: https://learn.microsoft.com/azure/aks/use-network-policies
# custom:
#   severity: warning
#   security_severity: 4.7
#   profile: default
#   confidence: medium
#   kinds: [Namespace]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.3.2}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Add a NetworkPolicy to the namespace with an empty podSelector, policyTypes Ingress and Egress, and no rules.
#   since: 0.1.0
package policies.network["namespace-without-default-deny"]

import data.sekisho.lib

deny contains finding if {
	denied := input.facts.network.default_deny
	missing := [direction |
		some direction in ["ingress", "egress"]
		not denied[direction]
	]
	count(missing) > 0
	finding := {
		"path": ["metadata", "name"],
		"message": sprintf("namespace %q has no default-deny policy for %s", [lib.object_name, concat(" and ", missing)]),
	}
}
