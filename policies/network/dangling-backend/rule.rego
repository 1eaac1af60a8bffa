# METADATA
# title: Backend is not there
# description: |
#   An Ingress or a route whose backend names a Service that does not exist, or a port that
#   the Service does not have, answers every request with an error; and whoever
#   creates the missing Service later gets the traffic. Reported when the namespace's
#   workloads or services are in this render and none of its custom resources may make the
#   Service.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/
# - ref: https://gateway-api.sigs.k8s.io/api-types/httproute/
# custom:
#   severity: warning
#   security_severity: 2.5
#   profile: default
#   confidence: medium
#   kinds: [Ingress, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute]
#   remediation: Name a Service of the namespace and one of its ports.
#   since: 0.1.0
package policies.network["dangling-backend"]

deny contains finding if {
	some backend in input.facts.references.backends
	finding := {"path": backend.path, "message": _message(backend)}
}

_message(backend) := sprintf("backend service %q is not in namespace %q", [backend.service, backend.namespace]) if {
	backend.missing == "service"
}

_message(backend) := sprintf("backend service %q has no port %v", [backend.service, backend.port]) if {
	backend.missing == "port"
}
