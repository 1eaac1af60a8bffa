# METADATA
# title: Policy peer selects no pod
# description: |
#   A peer whose selector matches nothing allows nothing: the connection it was written for is
#   denied, which is often met by opening the policy wide. Reported are pod selectors for
#   namespaces whose workloads are in this render (defined by it, or carrying the label keys
#   that are asked for), and namespace selectors that name a namespace of this render by a
#   label it does not have. Peers in namespaces that are not in the repository are taken
#   on trust.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
# - ref: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
# custom:
#   severity: warning
#   security_severity: 3.1
#   profile: default
#   confidence: medium
#   kinds: [NetworkPolicy]
#   remediation: Use labels that the peer's pods and namespace carry; a namespace is always found by kubernetes.io/metadata.name.
#   since: 0.1.0
package policies.network["policy-peer-selects-nothing"]

import data.sekisho.lib

deny contains finding if {
	some peer in input.facts.network.unmatched_peers
	finding := {
		"path": peer.path,
		"message": sprintf("%s peer of policy %q selects no %s that is rendered with it", [peer.direction, lib.object_name, _what(peer.path)]),
	}
}

_what(path) := "namespace" if {
	path[count(path) - 1] == "namespaceSelector"
} else := "pod"
