package policies.cluster["aks-local-accounts_test"]

import data.policies.cluster["aks-local-accounts"] as rule

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

test_on_unless_disabled if {
	_paths == [["spec", "disableLocalAccounts"]] with input as _aso({})
	_paths == [["spec", "disableLocalAccounts"]] with input as _capz({"disableLocalAccounts": false})
	_paths == [["spec", "forProvider", "localAccountDisabled"]] with input as _crossplane({"localAccountDisabled": null})
}

test_disabled if {
	count(rule.deny) == 0 with input as _aso({"disableLocalAccounts": true})
	count(rule.deny) == 0 with input as _capz({"disableLocalAccounts": true})
	count(rule.deny) == 0 with input as _crossplane({"localAccountDisabled": true})
}

test_automatic_clusters_have_none if {
	count(rule.deny) == 0 with input as _aso({"sku": {"name": "Automatic"}})
	count(rule.deny) == 1 with input as _aso({"sku": {"name": "Base"}})
}
