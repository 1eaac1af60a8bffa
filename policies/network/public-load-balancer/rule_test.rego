package policies.network["public-load-balancer_test"]

import data.policies.network["public-load-balancer"] as rule

_service(annotations, spec) := {"object": {
	"metadata": {"name": "web", "annotations": annotations},
	"spec": object.union({"type": "LoadBalancer"}, spec),
}}

test_public if count(rule.deny) == 1 with input as _service({}, {})

test_no_annotations if count(rule.deny) == 1 with input as _service(null, {})

test_internal_anywhere if {
	every key, value in {
		"service.beta.kubernetes.io/azure-load-balancer-internal": "true",
		"service.beta.kubernetes.io/aws-load-balancer-internal": "true",
		"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
		"networking.gke.io/load-balancer-type": "Internal",
		"cloud.google.com/load-balancer-type": "internal",
	} {
		count(rule.deny) == 0 with input as _service({key: value}, {})
	}
}

test_said_to_be_public if {
	count(rule.deny) == 1 with input as _service({"service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"}, {})
	count(rule.deny) == 1 with input as _service({"service.beta.kubernetes.io/azure-load-balancer-internal": "false"}, {})
}

test_source_ranges if {
	count(rule.deny) == 0 with input as _service({}, {"loadBalancerSourceRanges": ["198.51.100.0/24"]})
	count(rule.deny) == 1 with input as _service({}, {"loadBalancerSourceRanges": []})
	count(rule.deny) == 1 with input as _service({}, {"loadBalancerSourceRanges": ["10.0.0.0/8", "0.0.0.0/0"]})
	count(rule.deny) == 0 with input as _service({"service.beta.kubernetes.io/load-balancer-source-ranges": "198.51.100.0/24"}, {})
}

test_other_type if count(rule.deny) == 0 with input as {"object": {"metadata": {"name": "web"}, "spec": {"ports": []}}}
