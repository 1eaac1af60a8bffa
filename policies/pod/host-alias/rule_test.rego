package policies.pod["host-alias_test"]

import data.policies.pod["host-alias"] as rule

_pod(aliases) := {"pod": {"path": ["spec"], "spec": {"hostAliases": aliases}}}

test_each_entry if {
	found := rule.deny with input as _pod([{"ip": "10.0.0.1", "hostnames": ["db", "cache"]}, {"ip": "10.0.0.2"}])
	found == {
		{"path": ["spec", "hostAliases", 0], "message": `pod sends host names ["db", "cache"] to "10.0.0.1"`},
		{"path": ["spec", "hostAliases", 1], "message": `pod sends host names [] to "10.0.0.2"`},
	}
}

test_none if {
	count(rule.deny) == 0 with input as _pod([])
	count(rule.deny) == 0 with input as _pod(null)
}
