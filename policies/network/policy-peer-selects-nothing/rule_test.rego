package policies.network["policy-peer-selects-nothing_test"]

import data.policies.network["policy-peer-selects-nothing"] as rule

_policy(selector) := {
	"object": {"metadata": {"name": "web"}},
	"facts": {"network": {"unmatched_peers": [{"direction": "ingress", "path": ["spec", "ingress", 0, "from", 0, selector]}]}},
}

test_pod if {
	some f in rule.deny with input as _policy("podSelector")
	f.message == `ingress peer of policy "web" selects no pod that is rendered with it`
}

test_namespace if {
	some f in rule.deny with input as _policy("namespaceSelector")
	f.message == `ingress peer of policy "web" selects no namespace that is rendered with it`
}
