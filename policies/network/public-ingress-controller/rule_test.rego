package policies.network["public-ingress-controller_test"]

import data.policies.network["public-ingress-controller"] as rule

_service(labels, annotations) := {"kind": "Service", "object": {
	"metadata": {"name": "in", "labels": labels, "annotations": annotations},
	"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["198.51.100.0/24"]},
}}

_params := {"public-ingress-controller": {"names": ["ingress-nginx"]}}

test_source_ranges_do_not_help if {
	count(rule.deny) == 1 with input as _service({"app.kubernetes.io/name": "ingress-nginx"}, null) with data.params as _params
}

test_another_service if {
	count(rule.deny) == 0 with input as _service({"app.kubernetes.io/name": "web"}, {}) with data.params as _params
}
