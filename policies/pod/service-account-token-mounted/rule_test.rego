package policies.pod["service-account-token-mounted_test"]

import data.policies.pod["service-account-token-mounted"] as rule

_pod(spec, account, grants) := {
	"pod": {"path": ["spec"], "spec": spec},
	"facts": {"references": {
		"account": object.union({"name": "app", "incomplete": false}, account),
		"grants": grants,
	}},
}

test_mounted_by_default if {
	found := rule.deny with input as _pod({}, {}, [])
	found == {{
		"path": ["spec", "automountServiceAccountToken"],
		"message": `pod mounts the token of service account "app", to which nothing is bound`,
	}}
}

test_pod_wins_over_account if {
	count(rule.deny) == 1 with input as _pod({"automountServiceAccountToken": true}, {"automount": false}, [])
	count(rule.deny) == 0 with input as _pod({"automountServiceAccountToken": false}, {"automount": true}, [])
}

test_account_opts_out if {
	count(rule.deny) == 0 with input as _pod({}, {"automount": false}, [])
	count(rule.deny) == 0 with input as _pod({"automountServiceAccountToken": null}, {"automount": false}, [])
}

test_bound if {
	count(rule.deny) == 0 with input as _pod({}, {}, [{"direct": true}])
}

# A binding to every account says nothing about the need of this one.
test_bound_through_a_group if {
	count(rule.deny) == 1 with input as _pod({}, {}, [{"direct": false}])
}

test_bindings_may_be_missing if {
	count(rule.deny) == 0 with input as _pod({}, {"incomplete": true}, [])
}
