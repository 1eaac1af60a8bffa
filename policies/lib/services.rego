# METADATA
# title: Which address a load balancer gets
# description: |
#   What the annotations and fields of a Service of type LoadBalancer ask of the
#   cloud. The controllers read them from the Service, so no other object matters.
package sekisho.lib.services

# The Service asks for an address that only the own network reaches:
# https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer
private_address if {
	some key, value in input.object.metadata.annotations
	lower(sprintf("%v", [value])) in _internal[key]
}

_internal := {
	"service.beta.kubernetes.io/azure-load-balancer-internal": {"true"},
	"service.beta.kubernetes.io/aws-load-balancer-internal": {"true", "0.0.0.0/0"},
	"service.beta.kubernetes.io/aws-load-balancer-scheme": {"internal"},
	"networking.gke.io/load-balancer-type": {"internal"},
	"cloud.google.com/load-balancer-type": {"internal"},
	"service.beta.kubernetes.io/oci-load-balancer-internal": {"true"},
	"service.beta.kubernetes.io/openstack-internal-load-balancer": {"true"},
	"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": {"intranet"},
	"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": {"private"},
}

# The Service takes connections from known networks only.
restricted if {
	count(_ranges) > 0
	count(_ranges & {"0.0.0.0/0", "::/0"}) == 0
}

_ranges contains range if some range in input.object.spec.loadBalancerSourceRanges

_ranges contains trim_space(range) if {
	some key in {"service.beta.kubernetes.io/load-balancer-source-ranges", "service.beta.kubernetes.io/azure-allowed-ip-ranges"}
	some range in split(input.object.metadata.annotations[key], ",")
}
