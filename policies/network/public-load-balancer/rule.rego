# METADATA
# title: Load balancer with a public address
# description: |
#   A Service of type LoadBalancer gets a public address from the cloud unless an annotation
#   asks for an internal one. Everyone on the internet may then talk to the pods
#   directly, past ingress controller, web application firewall and TLS policy.
#   Addresses named in loadBalancerSourceRanges narrow that down.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/internal-lb
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer
# - ref: https://kubernetes.io/docs/reference/networking/virtual-ips/
# custom:
#   severity: warning
#   security_severity: 5.8
#   profile: default
#   confidence: high
#   kinds: [Service]
#   standards:
#   - {name: Azure Policy, section: Kubernetes clusters should use internal load balancers}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Ask for an internal address with the cloud's annotation (service.beta.kubernetes.io/azure-load-balancer-internal set to "true"), or list who may connect in loadBalancerSourceRanges.
#   since: 0.1.0
package policies.network["public-load-balancer"]

import data.sekisho.lib
import data.sekisho.lib.services

deny contains finding if {
	input.object.spec.type == "LoadBalancer"
	not services.private_address
	not services.restricted
	finding := {
		"path": ["spec", "type"],
		"message": sprintf("load balancer %q has a public address and takes connections from everywhere", [lib.object_name]),
	}
}
