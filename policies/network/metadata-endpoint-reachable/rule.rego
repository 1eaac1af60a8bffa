# METADATA
# title: Pod may reach the instance metadata service
# description: |
#   At 169.254.169.254 (on AWS also fd00:ec2::254) a cloud's node hands out tokens of its own
#   identity to whoever asks, and any pod on the node can ask. On a shared cluster one
#   project's pod so reaches what another's node identity may reach. A pod can be kept
#   away by its egress policies: the rules that select it are added up, and the address is
#   reachable on port 80 when no policy isolates the pod or some rule allows a block that
#   holds the address and does not except it. Pods in the node's network answer to no
#   policy at all.
# related_resources:
# - ref: https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
# - ref: https://learn.microsoft.com/azure/aks/imds-restriction
# - ref: https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
# custom:
#   severity: warning
#   security_severity: 6.8
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Protecting sensitive cloud infrastructure}
#   params:
#     workloads: [] # that may: names, or namespace/name
#   remediation: Select the pods with an egress NetworkPolicy, and where it allows 0.0.0.0/0 add 169.254.169.254/32 to ipBlock.except (fd00:ec2::254/128 for ::/0).
#   since: 0.1.0
package policies.network["metadata-endpoint-reachable"]

import data.sekisho.lib

deny contains finding if {
	network := input.facts.network
	opening := network.metadata[0]
	not _permitted
	finding := {
		"path": _path(opening),
		"message": sprintf("pods of %s %q may reach %s: %s", [lower(input.kind), lib.object_name, opening.address, _reason(opening)]),
		"related": [{"object": opening.policy, "path": opening.path} | opening.reason == "rule"],
	}
}

_permitted if lib.object_name in data.params["metadata-endpoint-reachable"].workloads

_permitted if {
	name := sprintf("%s/%s", [input.facts.network.namespace, lib.object_name])
	name in data.params["metadata-endpoint-reachable"].workloads
}

_path(opening) := array.concat(input.pod.path, ["hostNetwork"]) if {
	opening.reason == "host-network"
} else := input.pod.path

_reason(opening) := "no egress policy selects them" if opening.reason == "no-policy"

_reason(opening) := "no policy holds in the node's network" if opening.reason == "host-network"

_reason(opening) := sprintf("policy %q allows %s at %s", [opening.policy.name, opening.allows, opening.rule]) if {
	opening.reason == "rule"
}
