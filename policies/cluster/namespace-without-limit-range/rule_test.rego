package policies.cluster["namespace-without-limit-range_test"]

import data.policies.cluster["namespace-without-limit-range"] as rule

_shop := {"object": {"kind": "Namespace", "metadata": {"name": "shop"}}}

test_none if {
	found := rule.deny with input as _shop with data.inventory as {}
	{finding.path | some finding in found} == {["metadata", "name"]}
}

test_in_the_namespace if {
	count(rule.deny) == 0 with input as _shop with data.inventory as {"LimitRange": {"shop": [{}]}}
}

test_in_another_namespace if {
	count(rule.deny) == 1 with input as _shop with data.inventory as {"LimitRange": {"web": [{}]}, "Namespace": {"": [{}, {}]}}
}

test_without_a_namespace_beside_the_only_one if {
	count(rule.deny) == 0 with input as _shop with data.inventory as {"LimitRange": {"": [{}]}, "Namespace": {"": [{}]}}
}

test_of_the_platform if {
	count(rule.deny) == 0 with input as {"object": {"metadata": {"name": "kube-system"}}} with data.inventory as {}
}

test_given_by_rancher if {
	annotated := {"object": {"metadata": {"name": "shop", "annotations": {"field.cattle.io/containerDefaultResourceLimit": "{}"}}}}
	count(rule.deny) == 0 with input as annotated with data.inventory as {}
}
