package policies.secrets["key-vault-synced-secret_test"]

import data.policies.secrets["key-vault-synced-secret"] as rule

test_each_copy if {
	class := {"metadata": {"name": "v"}, "spec": {"secretObjects": [{"secretName": "a"}, {"secretName": "b"}]}}
	count(rule.deny) == 2 with input as {"object": class}
}

test_none if {
	count(rule.deny) == 0 with input as {"object": {"spec": {"secretObjects": null}}}
}
