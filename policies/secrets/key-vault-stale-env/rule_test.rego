package policies.secrets["key-vault-stale-env_test"]

import data.policies.secrets["key-vault-stale-env"] as rule

_class := {"metadata": {"name": "kv", "namespace": "shop"}, "spec": {"secretObjects": [{"secretName": "db"}]}}

_inventory := {"SecretProviderClass": {"shop": [_class]}}

_workload(annotations) := {
	"object": {"metadata": {"namespace": "shop", "annotations": annotations}},
	"pod": {"meta": null},
	"containers": [{
		"type": "container",
		"path": ["c"],
		"value": {"name": "app", "env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}]},
	}],
}

test_variable if {
	count(rule.deny) == 1 with input as _workload(null) with data.inventory as _inventory
}

test_whole_secret if {
	container := {"type": "container", "path": ["c"], "value": {"name": "app", "envFrom": [{"secretRef": {"name": "db"}}]}}
	workload := object.union(_workload({}), {"containers": [container]})
	count(rule.deny) == 1 with input as workload with data.inventory as _inventory
}

test_reloader if {
	count(rule.deny) == 0 with input as _workload({"reloader.stakater.com/auto": "true"}) with data.inventory as _inventory
}

test_reloader_switched_off if {
	count(rule.deny) == 1 with input as _workload({"reloader.stakater.com/auto": "false"}) with data.inventory as _inventory
}

test_another_namespace if {
	count(rule.deny) == 0 with input as _workload({}) with data.inventory as {"SecretProviderClass": {"": [_class]}}
}

test_no_class if count(rule.deny) == 0 with input as _workload({}) with data.inventory as {}
