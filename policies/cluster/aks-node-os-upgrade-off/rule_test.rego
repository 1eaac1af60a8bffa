package policies.cluster["aks-node-os-upgrade-off_test"]

import data.policies.cluster["aks-node-os-upgrade-off"] as rule

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

test_none_and_unmanaged if {
	every channel in ["None", "Unmanaged"] {
		_paths == [["spec", "autoUpgradeProfile", "nodeOSUpgradeChannel"]] with input as _aso({"autoUpgradeProfile": {"nodeOSUpgradeChannel": channel}})
		_paths == [["spec", "forProvider", "nodeOsUpgradeChannel"]] with input as _crossplane({"nodeOsUpgradeChannel": channel})
		_paths == [["spec", "forProvider", "nodeOsChannelUpgrade"]] with input as _crossplane({"nodeOsChannelUpgrade": channel})
	}
}

test_channel if {
	count(rule.deny) == 0 with input as _aso({"autoUpgradeProfile": {"nodeOSUpgradeChannel": "SecurityPatch"}})
	count(rule.deny) == 0 with input as _crossplane({"nodeOsUpgradeChannel": "NodeImage"})
}

test_default_is_node_image if {
	count(rule.deny) == 0 with input as _aso({"autoUpgradeProfile": null})
	count(rule.deny) == 0 with input as _capz({})
	count(rule.deny) == 0 with input as _crossplane({})
}
