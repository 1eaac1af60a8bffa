package policies.cluster["aks-policy-addon-off_test"]

import data.policies.cluster["aks-policy-addon-off"] as rule

_aso(spec) := {"object": {
	"apiVersion": "containerservice.azure.com/v1api20240901",
	"kind": "ManagedCluster",
	"metadata": {"name": "prod"},
	"spec": spec,
}}

_capz(spec) := {"object": {
	"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1",
	"kind": "AzureManagedControlPlane",
	"metadata": {"name": "prod"},
	"spec": spec,
}}

_crossplane(spec) := {"object": {
	"apiVersion": "containerservice.azure.upbound.io/v1beta2",
	"kind": "KubernetesCluster",
	"metadata": {"name": "prod"},
	"spec": {"forProvider": spec},
}}

_paths := [finding.path | some finding in rule.deny]

test_absent if {
	_paths == [["spec", "addonProfiles", "azurepolicy", "enabled"]] with input as _aso({})
	_paths == [["spec", "addonProfiles", "azurepolicy", "enabled"]] with input as _capz({"addonProfiles": [{"name": "omsagent", "enabled": true}]})
	_paths == [["spec", "forProvider", "azurePolicyEnabled"]] with input as _crossplane({})
}

test_switched_off if {
	_paths == [["spec", "addonProfiles", 0, "enabled"]] with input as _capz({"addonProfiles": [{"name": "azurepolicy", "enabled": false}]})
}

test_on if {
	count(rule.deny) == 0 with input as _aso({"addonProfiles": {"azurePolicy": {"enabled": true}}})
	count(rule.deny) == 0 with input as _capz({"addonProfiles": [{"name": "azurepolicy", "enabled": true}]})
	count(rule.deny) == 0 with input as _crossplane({"azurePolicyEnabled": true})
}

test_automatic_clusters_have_it if count(rule.deny) == 0 with input as _aso({"sku": {"name": "Automatic"}})
