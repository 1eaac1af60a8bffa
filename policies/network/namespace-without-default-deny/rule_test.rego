package policies.network["namespace-without-default-deny_test"]

import data.policies.network["namespace-without-default-deny"] as rule

_namespace(deny) := {"object": {"metadata": {"name": "shop"}}, "facts": {"network": {"default_deny": deny}}}

test_says_what_is_missing if {
	some f in rule.deny with input as _namespace({"ingress": true, "egress": false})
	f.message == `namespace "shop" has no default-deny policy for egress`
}

test_both if {
	some f in rule.deny with input as _namespace({"ingress": false, "egress": false})
	f.message == `namespace "shop" has no default-deny policy for ingress and egress`
}
