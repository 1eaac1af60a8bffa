package sekisho.aks_test

import data.sekisho.aks

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
	"apiVersion": "containerservice.azure.upbound.io/v1beta1",
	"kind": "KubernetesCluster",
	"metadata": {"name": "prod"},
	"spec": spec,
}}

_places(name) := [[entry.value, entry.path] | some entry in aks.fields(name)]

test_absent_field_of_each_kind if {
	_places("localAccountsDisabled") == [[null, ["spec", "disableLocalAccounts"]]] with input as _aso({})
	_places("localAccountsDisabled") == [[null, ["spec", "disableLocalAccounts"]]] with input as _capz({})
	_places("localAccountsDisabled") == [[null, ["spec", "forProvider", "localAccountDisabled"]]] with input as _crossplane({"forProvider": {}})
}

test_spec_that_is_no_object if {
	every spec in [null, "text", []] {
		_places("kms") == [[null, ["spec", "securityProfile", "azureKeyVaultKms", "enabled"]]] with input as _aso(spec)
		_places("kms") == [[null, ["spec", "forProvider", "keyManagementService"]]] with input as _crossplane(spec)
	}
}

test_other_groups_have_no_clusters if {
	other := {"object": {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster", "spec": {}}}
	aks.clusters == [] with input as other
	aks.clusters == [] with input as {"object": {"apiVersion": null, "kind": "ManagedCluster"}}
	aks.clusters == [] with input as {"object": {"kind": "Service"}}
}

test_lists_and_objects_of_crossplane if {
	where := [["calico", ["spec", "forProvider", "networkProfile", 0, "networkPolicy"]]]
	_places("networkPolicy") == where with input as _crossplane({"forProvider": {"networkProfile": [{"networkPolicy": "calico"}]}})
	newer := [["calico", ["spec", "forProvider", "networkProfile", "networkPolicy"]]]
	_places("networkPolicy") == newer with input as _crossplane({"forProvider": {"networkProfile": {"networkPolicy": "calico"}}})
}

test_older_names_of_crossplane if {
	where := [["stable", ["spec", "forProvider", "automaticChannelUpgrade"]]]
	_places("upgrade") == where with input as _crossplane({"forProvider": {"automaticChannelUpgrade": "stable"}})
}

test_init_provider_counts_and_loses if {
	_places("azurePolicy")[0][0] == true with input as _crossplane({"initProvider": {"azurePolicyEnabled": true}})
	both := {"forProvider": {"azurePolicyEnabled": false}, "initProvider": {"azurePolicyEnabled": true}}
	_places("azurePolicy")[0][0] == false with input as _crossplane(both)
}

test_addons_by_name_whatever_the_case if {
	where := [[true, ["spec", "addonProfiles", "azurePolicy", "enabled"]]]
	_places("azurePolicy") == where with input as _aso({"addonProfiles": {"omsagent": null, "azurePolicy": {"enabled": true}}})
}

test_addons_in_a_list if {
	listed := [[true, ["spec", "addonProfiles", 1, "enabled"]]]
	_places("azurePolicy") == listed with input as _capz({"addonProfiles": [{"name": "omsagent"}, {"name": "azurepolicy", "enabled": true}]})
}

test_addons_of_nothing if {
	where := [[null, ["spec", "addonProfiles", "azurepolicy", "enabled"]]]
	_places("azurePolicy") == where with input as _capz({"addonProfiles": [null, 1, "text", {"name": 5}]})
	_places("azurePolicy") == where with input as _aso({"addonProfiles": null})
}

test_what_a_kind_cannot_say if {
	_places("azureRbac") == [] with input as _capz({})
	_places("podIdentity") == [] with input as _crossplane({"forProvider": {}})
}

test_patches_of_capz if {
	spec := {"asoManagedClusterPatches": [
		`{"spec": {"aadProfile": {"enableAzureRBAC": true}}}`,
		"spec:\n  autoUpgradeProfile:\n    nodeOSUpgradeChannel: None\n",
		"not: [valid",
		null,
		"text",
	]}
	where := ["spec", "asoManagedClusterPatches"]
	_places("azureRbac") == [[true, where]] with input as _capz(spec)
	_places("nodeUpgrade") == [["None", where]] with input as _capz(spec)
	_places("localAccountsDisabled") == [[null, ["spec", "disableLocalAccounts"]]] with input as _capz(spec)
}

test_templates_of_capz if {
	template := {"object": {
		"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1",
		"kind": "AzureManagedControlPlaneTemplate",
		"metadata": {"name": "prod"},
		"spec": {"template": {"spec": {"version": "v1.36.0"}}},
	}}
	_places("version") == [["v1.36.0", ["spec", "template", "spec", "version"]]] with input as template
}

test_resources_inside_a_control_plane if {
	plane := {"object": {
		"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1",
		"kind": "AzureASOManagedControlPlane",
		"spec": {"resources": [null, _aso({"disableLocalAccounts": true}).object]},
	}}
	_places("localAccountsDisabled") == [[true, ["spec", "resources", 1, "spec", "disableLocalAccounts"]]] with input as plane
}

test_objects_that_only_observe if {
	aks.clusters == [] with input as _crossplane({"managementPolicies": ["Observe"], "forProvider": {}})
	skipped := {"metadata": {"annotations": {"serviceoperator.azure.com/reconcile-policy": "skip"}}}
	aks.clusters == [] with input as {"object": object.union(_aso({}).object, skipped)}
}

test_automatic_decides_what_is_not_written if {
	automatic := {"sku": {"name": "Automatic"}}
	_places("networkPolicy") == [] with input as _aso(automatic)
	_places("kms")[0][0] == null with input as _aso(automatic)
	written := object.union(automatic, {"disableLocalAccounts": false})
	_places("localAccountsDisabled")[0][0] == false with input as _aso(written)
}

test_pools if {
	listed := [pool.path | some pool in aks.pools] with input as _aso({"agentPoolProfiles": [{"name": "a"}, null, {"name": "b"}]})
	listed == [["spec", "agentPoolProfiles", 0], ["spec", "agentPoolProfiles", 2]]
	aks.pools == [] with input as _aso({"agentPoolProfiles": {"a": 1}, "defaultNodePool": "text"})
	object_pool := [pool.path | some pool in aks.pools] with input as _crossplane({"forProvider": {"defaultNodePool": {"name": "a"}}})
	object_pool == [["spec", "forProvider", "defaultNodePool"]]
	list_pool := [pool.path | some pool in aks.pools] with input as _crossplane({"forProvider": {"defaultNodePool": [{"name": "a"}]}})
	list_pool == [["spec", "forProvider", "defaultNodePool", 0]]
}

test_on if {
	every value in [true, "true", "calico", {}, [{}]] {
		aks.on(value)
	}
	every value in [null, false, "false", "none", "None", "", [], 0] {
		not aks.on(value)
	}
}
