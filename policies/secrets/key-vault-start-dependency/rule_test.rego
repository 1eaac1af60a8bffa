package policies.secrets["key-vault-start-dependency_test"]

import data.policies.secrets["key-vault-start-dependency"] as rule

_input(driver) := {
	"object": {},
	"pod": {"path": ["spec"], "spec": {"volumes": [{
		"name": "kv",
		"csi": {"driver": driver, "volumeAttributes": {"secretProviderClass": "shop"}},
	}]}},
}

_inventory(provider) := {"SecretProviderClass": {"": [{"metadata": {"name": "shop"}, "spec": {"provider": provider}}]}}

test_volume if {
	some finding in rule.deny with input as _input("secrets-store.csi.k8s.io") with data.inventory as _inventory("azure")
	finding.path == ["spec", "volumes", 0, "csi"]
}

test_class_not_here if {
	count(rule.deny) == 1 with input as _input("secrets-store.csi.k8s.io") with data.inventory as {}
}

test_another_provider if {
	count(rule.deny) == 0 with input as _input("secrets-store.csi.k8s.io") with data.inventory as _inventory("vault")
}

test_another_driver if {
	count(rule.deny) == 0 with input as _input("disk.csi.azure.com") with data.inventory as {}
}
