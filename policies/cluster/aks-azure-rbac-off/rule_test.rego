package policies.cluster["aks-azure-rbac-off_test"]

import data.policies.cluster["aks-azure-rbac-off"] as rule

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

test_entra_without_azure_rbac if {
	_paths == [["spec", "aadProfile", "enableAzureRBAC"]] with input as _aso({"aadProfile": {"managed": true}})
	block := {"azureActiveDirectoryRoleBasedAccessControl": [{"managed": true, "azureRbacEnabled": false}]}
	_paths == [["spec", "forProvider", "azureActiveDirectoryRoleBasedAccessControl", 0, "azureRbacEnabled"]] with input as _crossplane(block)
}

test_azure_rbac if {
	count(rule.deny) == 0 with input as _aso({"aadProfile": {"managed": true, "enableAzureRBAC": true}})
	count(rule.deny) == 0 with input as _crossplane({"azureActiveDirectoryRoleBasedAccessControl": {"azureRbacEnabled": true}})
}

test_without_entra_another_rule_speaks if {
	count(rule.deny) == 0 with input as _aso({})
	count(rule.deny) == 0 with input as _crossplane({})
}

test_capz_can_say_it_in_patches_only if {
	count(rule.deny) == 0 with input as _capz({"aadProfile": {"managed": true}})
	off := {"aadProfile": {"managed": true}, "asoManagedClusterPatches": [`{"spec":{"aadProfile":{"enableAzureRBAC":false}}}`]}
	_paths == [["spec", "asoManagedClusterPatches"]] with input as _capz(off)
}
