package policies.network["dns-egress-blocked_test"]

import data.policies.network["dns-egress-blocked"] as rule

_policy(pods) := {"object": {"metadata": {"name": "deny"}}, "facts": {"network": {"without_dns": pods}}}

test_one if {
	some f in rule.deny with input as _policy(["web"])
	f.message == `policy "deny" isolates "web" for egress, and no rule allows port 53 (DNS)`
}

test_several if {
	some f in rule.deny with input as _policy(["web", "api", "db"])
	contains(f.message, `isolates "web" and 2 more`)
}

test_none if count(rule.deny) == 0 with input as _policy([])
