package policies.network["ingress-snippet_test"]

import data.policies.network["ingress-snippet"] as rule

_ingress(annotations) := {"object": {"metadata": {"name": "web", "annotations": annotations}}}

test_both_controllers if {
	count(rule.deny) == 2 with input as _ingress({
		"nginx.ingress.kubernetes.io/configuration-snippet": "more_set_headers x;",
		"nginx.org/location-snippets": "x",
	})
}

test_empty_or_other if {
	count(rule.deny) == 0 with input as _ingress({"nginx.ingress.kubernetes.io/server-snippet": "", "example.com/snippet": "x"})
	count(rule.deny) == 0 with input as _ingress(null)
}
