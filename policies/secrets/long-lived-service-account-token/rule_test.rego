package policies.secrets["long-lived-service-account-token_test"]

import data.policies.secrets["long-lived-service-account-token"] as rule

test_names_the_account if {
	secret := {"type": "kubernetes.io/service-account-token", "metadata": {"name": "t", "annotations": {"kubernetes.io/service-account.name": "robot"}}}
	some finding in rule.deny with input as {"object": secret}
	finding.message == `Secret "t" asks for a token of ServiceAccount "robot" that never expires`
}

test_other_types if {
	count(rule.deny) == 0 with input as {"object": {"type": "Opaque"}}
	count(rule.deny) == 0 with input as {"object": {}}
}

test_null_annotations if {
	secret := {"type": "kubernetes.io/service-account-token", "metadata": {"annotations": null}}
	count(rule.deny) == 1 with input as {"object": secret}
}
