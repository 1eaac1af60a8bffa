package policies.cluster["aks-secret-rotation-off_test"]

import data.policies.cluster["aks-secret-rotation-off"] as rule

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

_addon(config) := {"enabled": true, "config": config}

test_not_asked_for if {
	where := [["spec", "addonProfiles", "azureKeyvaultSecretsProvider", "config", "enableSecretRotation"]]
	_paths == where with input as _aso({"addonProfiles": {"azureKeyvaultSecretsProvider": _addon(null)}})
	_paths == where with input as _aso({"addonProfiles": {"azureKeyvaultSecretsProvider": _addon({"enableSecretRotation": "false"})}})
	listed := [["spec", "addonProfiles", 0, "config", "enableSecretRotation"]]
	_paths == listed with input as _capz({"addonProfiles": [object.union({"name": "azureKeyvaultSecretsProvider"}, _addon({}))]})
	block := [["spec", "forProvider", "keyVaultSecretsProvider", "secretRotationEnabled"]]
	_paths == block with input as _crossplane({"keyVaultSecretsProvider": {}})
}

test_rotated if {
	count(rule.deny) == 0 with input as _aso({"addonProfiles": {"azurekeyvaultsecretsprovider": _addon({"enableSecretRotation": "true"})}})
	count(rule.deny) == 0 with input as _crossplane({"keyVaultSecretsProvider": [{"secretRotationEnabled": true}]})
}

test_without_the_provider if {
	count(rule.deny) == 0 with input as _aso({"addonProfiles": {"azureKeyvaultSecretsProvider": {"enabled": false}}})
	count(rule.deny) == 0 with input as _aso({"addonProfiles": null})
	count(rule.deny) == 0 with input as _capz({"addonProfiles": []})
	count(rule.deny) == 0 with input as _crossplane({})
}
