package policies.cluster["aks-network-policy-off_test"]

import data.policies.cluster["aks-network-policy-off"] as rule

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

test_no_engine if {
	_paths == [["spec", "networkProfile", "networkPolicy"]] with input as _aso({})
	_paths == [["spec", "networkProfile", "networkPolicy"]] with input as _aso({"networkProfile": {"networkPolicy": "none"}})
	_paths == [["spec", "networkPolicy"]] with input as _capz({"networkPlugin": "azure"})
	_paths == [["spec", "forProvider", "networkProfile", 0, "networkPolicy"]] with input as _crossplane({"networkProfile": [{"networkPlugin": "azure"}]})
}

test_engine if {
	count(rule.deny) == 0 with input as _aso({"networkProfile": {"networkPolicy": "cilium"}})
	count(rule.deny) == 0 with input as _capz({"networkPolicy": "calico"})
	count(rule.deny) == 0 with input as _crossplane({"networkProfile": {"networkPolicy": "azure"}})
}

test_plugin_of_ones_own if {
	count(rule.deny) == 0 with input as _aso({"networkProfile": {"networkPlugin": "none"}})
	count(rule.deny) == 0 with input as _capz({"networkPlugin": "none"})
	count(rule.deny) == 0 with input as _crossplane({"networkProfile": {"networkPlugin": "none"}})
}

test_cilium_data_plane if {
	count(rule.deny) == 0 with input as _aso({"networkProfile": {"networkDataplane": "cilium"}})
	count(rule.deny) == 0 with input as _capz({"networkDataplane": "cilium"})
	count(rule.deny) == 0 with input as _crossplane({"networkProfile": {"networkDataPlane": "cilium"}})
	count(rule.deny) == 0 with input as _crossplane({"networkProfile": [{"ebpfDataPlane": "cilium"}]})
}
