package policies.cluster["aks-defender-off_test"]

import data.policies.cluster["aks-defender-off"] as rule

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

_watched(on) := {"securityProfile": {"defender": {"securityMonitoring": {"enabled": on}}}}

test_off if {
	_paths == [["spec", "securityProfile", "defender", "securityMonitoring", "enabled"]] with input as _aso({})
	_paths == [["spec", "securityProfile", "defender", "securityMonitoring", "enabled"]] with input as _capz(_watched(false))
	_paths == [["spec", "forProvider", "microsoftDefender"]] with input as _crossplane({})
}

test_workspace_alone_is_not_enough if {
	count(rule.deny) == 1 with input as _aso({"securityProfile": {"defender": {"logAnalyticsWorkspaceResourceReference": {"name": "w"}}}})
}

test_on if {
	count(rule.deny) == 0 with input as _aso(_watched(true))
	count(rule.deny) == 0 with input as _capz(_watched(true))
	count(rule.deny) == 0 with input as _crossplane({"microsoftDefender": {"logAnalyticsWorkspaceId": "w"}})
	count(rule.deny) == 0 with input as _crossplane({"microsoftDefender": [{"logAnalyticsWorkspaceId": "w"}]})
}
