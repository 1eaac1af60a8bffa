# METADATA
# title: Service opens a port on every node
# description: |
#   A NodePort opens the same port on every node of the cluster, whether or not a pod of the
#   service runs there. Whoever reaches a node reaches the pods, past load balancer,
#   ingress controller and their TLS; policies see the node's address instead of the client's.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
# custom:
#   severity: warning
#   security_severity: 4.3
#   profile: default
#   confidence: high
#   kinds: [Service]
#   remediation: Use type ClusterIP behind an Ingress or Gateway, or LoadBalancer with an internal address.
#   since: 0.1.0
package policies.network["node-port-service"]

import data.sekisho.lib

deny contains finding if {
	input.object.spec.type == "NodePort"
	finding := {
		"path": ["spec", "type"],
		"message": sprintf("service %q opens a port on every node", [lib.object_name]),
	}
}
