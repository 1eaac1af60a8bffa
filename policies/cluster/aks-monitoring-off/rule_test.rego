package policies.cluster["aks-monitoring-off_test"]

import data.policies.cluster["aks-monitoring-off"] as rule

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

test_neither if {
	_paths == [["spec", "addonProfiles", "omsagent", "enabled"]] with input as _aso({"azureMonitorProfile": {"metrics": {"enabled": false}}})
	_paths == [["spec", "addonProfiles", 0, "enabled"]] with input as _capz({"addonProfiles": [{"name": "omsagent", "enabled": false}]})
	_paths == [["spec", "forProvider", "omsAgent"]] with input as _crossplane({})
}

test_one_is_enough if {
	count(rule.deny) == 0 with input as _aso({"addonProfiles": {"omsAgent": {"enabled": true}}})
	count(rule.deny) == 0 with input as _aso({"azureMonitorProfile": {"metrics": {"enabled": true}}})
	count(rule.deny) == 0 with input as _aso({"azureMonitorProfile": {"containerInsights": {"enabled": true}}})
	count(rule.deny) == 0 with input as _capz({"addonProfiles": [{"name": "omsagent", "enabled": true}]})
	count(rule.deny) == 0 with input as _crossplane({"omsAgent": {"logAnalyticsWorkspaceId": "w"}})
	count(rule.deny) == 0 with input as _crossplane({"monitorMetrics": {}})
}

test_capz_by_patch if {
	patch := `{"spec":{"azureMonitorProfile":{"metrics":{"enabled":true}}}}`
	count(rule.deny) == 0 with input as _capz({"asoManagedClusterPatches": [patch]})
}
