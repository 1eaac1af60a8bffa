package policies.cluster["aks-entra-id-off_test"]

import data.policies.cluster["aks-entra-id-off"] as rule

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
	_paths == [["spec", "aadProfile", "managed"]] with input as _aso({})
	_paths == [["spec", "aadProfile", "managed"]] with input as _capz({"aadProfile": null})
	_paths == [["spec", "forProvider", "azureActiveDirectoryRoleBasedAccessControl", "managed"]] with input as _crossplane({})
}

test_legacy_integration if {
	count(rule.deny) == 1 with input as _aso({"aadProfile": {"serverAppID": "a", "clientAppID": "b"}})
	count(rule.deny) == 1 with input as _crossplane({"azureActiveDirectoryRoleBasedAccessControl": {"managed": false}})
}

# provider-upjet-azure dropped managed: the block is enough.
test_managed if {
	count(rule.deny) == 0 with input as _aso({"aadProfile": {"managed": true}})
	count(rule.deny) == 0 with input as _capz({"aadProfile": {"managed": true, "adminGroupObjectIDs": []}})
	count(rule.deny) == 0 with input as _crossplane({"azureActiveDirectoryRoleBasedAccessControl": {"tenantId": "t"}})
	count(rule.deny) == 0 with input as _crossplane({"azureActiveDirectoryRoleBasedAccessControl": [{"managed": true}]})
}
