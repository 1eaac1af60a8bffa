package policies.network["external-ips_test"]

import data.policies.network["external-ips"] as rule

test_names_the_addresses if {
	found := rule.deny with input as {"object": {"metadata": {"name": "web"}, "spec": {"externalIPs": ["198.51.100.7", "198.51.100.8"]}}}
	found == {{"path": ["spec", "externalIPs"], "message": `service "web" claims the external address 198.51.100.7, 198.51.100.8`}}
}

test_empty_or_null if {
	count(rule.deny) == 0 with input as {"object": {"spec": {"externalIPs": []}}}
	count(rule.deny) == 0 with input as {"object": {"spec": {"externalIPs": null}}}
}
