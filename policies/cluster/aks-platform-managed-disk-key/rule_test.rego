package policies.cluster["aks-platform-managed-disk-key_test"]

import data.policies.cluster["aks-platform-managed-disk-key"] as rule

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

test_no_set if {
	_paths == [["spec", "diskEncryptionSetReference"]] with input as _aso({"diskEncryptionSetReference": null})
	_paths == [["spec", "forProvider", "diskEncryptionSetId"]] with input as _crossplane({"diskEncryptionSetId": ""})
}

test_set if {
	count(rule.deny) == 0 with input as _aso({"diskEncryptionSetReference": {"name": "keys"}})
	count(rule.deny) == 0 with input as _crossplane({"diskEncryptionSetId": "/subscriptions/s/x"})
	count(rule.deny) == 0 with input as _crossplane({"diskEncryptionSetIdRef": {"name": "keys"}})
}

test_capz_can_say_it_in_patches_only if count(rule.deny) == 0 with input as _capz({})
