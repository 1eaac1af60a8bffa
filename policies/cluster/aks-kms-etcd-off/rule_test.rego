package policies.cluster["aks-kms-etcd-off_test"]

import data.policies.cluster["aks-kms-etcd-off"] as rule

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

_kms(on) := {"securityProfile": {"azureKeyVaultKms": {"enabled": on, "keyId": "https://vault/keys/k/1"}}}

test_off if {
	_paths == [["spec", "securityProfile", "azureKeyVaultKms", "enabled"]] with input as _aso({"securityProfile": {"azureKeyVaultKms": null}})
	_paths == [["spec", "securityProfile", "azureKeyVaultKms", "enabled"]] with input as _capz(_kms(false))
	_paths == [["spec", "forProvider", "keyManagementService"]] with input as _crossplane({"keyManagementService": null})
}

test_on if {
	count(rule.deny) == 0 with input as _aso(_kms(true))
	count(rule.deny) == 0 with input as _capz(_kms(true))
	count(rule.deny) == 0 with input as _crossplane({"keyManagementService": {"keyVaultKeyId": "https://vault/keys/k/1"}})
	count(rule.deny) == 0 with input as _crossplane({"keyManagementService": [{"keyVaultKeyId": "https://vault/keys/k/1"}]})
}
