package policies.network["wildcard-ingress-host_test"]

import data.policies.network["wildcard-ingress-host"] as rule

_ingress(rule) := {"object": {"metadata": {"name": "web"}, "spec": {"rules": [rule]}}}

test_no_host if {
	some f in rule.deny with input as _ingress({"http": {}})
	f.message == `rule of ingress "web" has no host and answers for every name`
}

test_null_host if count(rule.deny) == 1 with input as _ingress({"host": null})

test_plain_host if count(rule.deny) == 0 with input as _ingress({"host": "a.example.com"})
