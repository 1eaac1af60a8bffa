package policies.cluster["aks-auto-upgrade-off_test"]

import data.policies.cluster["aks-auto-upgrade-off"] as rule

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

test_no_channel if {
	_paths == [["spec", "autoUpgradeProfile", "upgradeChannel"]] with input as _aso({})
	_paths == [["spec", "autoUpgradeProfile", "upgradeChannel"]] with input as _capz({"autoUpgradeProfile": {"upgradeChannel": "none"}})
	_paths == [["spec", "forProvider", "automaticUpgradeChannel"]] with input as _crossplane({})
}

test_node_images_only if {
	count(rule.deny) == 1 with input as _aso({"autoUpgradeProfile": {"upgradeChannel": "node-image"}})
}

test_channel if {
	count(rule.deny) == 0 with input as _aso({"autoUpgradeProfile": {"upgradeChannel": "stable"}})
	count(rule.deny) == 0 with input as _capz({"autoUpgradeProfile": {"upgradeChannel": "patch"}})
	count(rule.deny) == 0 with input as _crossplane({"automaticUpgradeChannel": "rapid"})
	count(rule.deny) == 0 with input as _crossplane({"automaticChannelUpgrade": "patch"})
}

test_fleet if {
	count(rule.deny) == 0 with input as _capz({"fleetsMember": {"managerName": "all"}})
	member := {"spec": {"clusterResourceReference": {"name": "prod"}}}
	count(rule.deny) == 0 with input as _aso({}) with data.inventory as {"FleetsMember": {"platform": [member]}}
	count(rule.deny) == 1 with input as _aso({}) with data.inventory as {"FleetsMember": {"platform": [{"spec": null}]}}
}
