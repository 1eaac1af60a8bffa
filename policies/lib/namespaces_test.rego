package sekisho.lib.namespaces_test

import data.sekisho.lib.namespaces

_shop := {"object": {"metadata": {"name": "shop"}}}

test_platform if {
	namespaces.platform with input as {"object": {"metadata": {"name": "kube-system"}}}
	not namespaces.platform with input as _shop
	not namespaces.platform with input as {"object": {"metadata": null}}
}

test_holds if {
	namespaces.holds("ResourceQuota") with input as _shop with data.inventory as {"ResourceQuota": {"shop": [{}]}}
	not namespaces.holds("ResourceQuota") with input as _shop with data.inventory as {"ResourceQuota": {"other": [{}]}}
	not namespaces.holds("ResourceQuota") with input as _shop with data.inventory as {}
}

test_objects_without_namespace if {
	quota := {"": [{}]}
	only := {"ResourceQuota": quota, "Namespace": {"": [{}]}}
	namespaces.holds("ResourceQuota") with input as _shop with data.inventory as only
	two := {"ResourceQuota": quota, "Namespace": {"": [{}, {}]}}
	not namespaces.holds("ResourceQuota") with input as _shop with data.inventory as two
	namespaces.holds("ResourceQuota") with input as {"object": {"metadata": {"name": "default"}}} with data.inventory as two
}
