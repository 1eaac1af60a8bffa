package policies.pod["default-service-account_test"]

import data.policies.pod["default-service-account"] as rule

_pod(spec, account) := {
	"pod": {"path": ["spec"], "spec": spec},
	"facts": {"references": {"account": account, "grants": []}},
}

test_unnamed if {
	found := rule.deny with input as _pod({}, {"name": "default"})
	found == {{"path": ["spec", "serviceAccountName"], "message": `pod runs as service account "default"`}}
}

test_old_field if {
	found := rule.deny with input as _pod({"serviceAccount": "default"}, {"name": "default"})
	{finding.path | some finding in found} == {["spec", "serviceAccount"]}
}

test_own_account if {
	count(rule.deny) == 0 with input as _pod({"serviceAccountName": "app"}, {"name": "app"})
}

test_no_token if {
	count(rule.deny) == 0 with input as _pod({"automountServiceAccountToken": false}, {"name": "default"})
	count(rule.deny) == 0 with input as _pod({}, {"name": "default", "automount": false})
}
