# METADATA
# title: Container opens a port of the node
# description: |
#   A hostPort listens on the node's own addresses. Whoever reaches the node reaches
#   the container, past Services and, with many network plugins, past network
#   policies. It also ties the pod to nodes where the port is free. The Pod Security
#   Standards forbid host ports from the baseline level on.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/concepts/configuration/overview/#services
# custom:
#   severity: error
#   security_severity: 5.9
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: hostPorts}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.13}
#   - {name: Azure Policy, section: Kubernetes cluster pods should only use approved host network and port list}
#   remediation: Remove hostPort and expose containerPort through a Service.
#   since: 0.1.0
package policies.pod["host-port"]

import data.sekisho.lib

deny contains finding if {
	some container in input.containers
	some i, port in container.value.ports
	not port.hostPort in {0, null}
	finding := {
		"path": lib.at(container, ["ports", i, "hostPort"]),
		"message": sprintf("%s opens port %v of the node", [lib.title(container), port.hostPort]),
	}
}
