package policies.cluster["aks-kubenet-pod-identity_test"]

import data.policies.cluster["aks-kubenet-pod-identity"] as rule

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

test_waived if {
	waived := {"podIdentityProfile": {"enabled": true, "allowNetworkPluginKubenet": true}}
	_paths == [["spec", "podIdentityProfile", "allowNetworkPluginKubenet"]] with input as _aso(waived)
	count(rule.deny) == 1 with input as _aso(object.union(waived, {"networkProfile": {"networkPlugin": "kubenet"}}))
	count(rule.deny) == 0 with input as _aso(object.union(waived, {"networkProfile": {"networkPlugin": "azure"}}))
}

test_not_waived if {
	spec := {"podIdentityProfile": {"enabled": true}, "networkProfile": {"networkPlugin": "kubenet"}}
	_paths == [["spec", "podIdentityProfile", "enabled"]] with input as _aso(spec)
}

test_one_without_the_other if {
	count(rule.deny) == 0 with input as _aso({"networkProfile": {"networkPlugin": "kubenet"}})
	count(rule.deny) == 0 with input as _aso({"podIdentityProfile": {"enabled": true}})
	count(rule.deny) == 0 with input as _aso({"podIdentityProfile": {"enabled": false, "allowNetworkPluginKubenet": true}})
}

test_capz_by_patch if {
	patch := `{"spec":{"podIdentityProfile":{"enabled":true}}}`
	count(rule.deny) == 1 with input as _capz({"networkPlugin": "kubenet", "asoManagedClusterPatches": [patch]})
	count(rule.deny) == 0 with input as _capz({"networkPlugin": "kubenet"})
}

test_crossplane_cannot_say_it if count(rule.deny) == 0 with input as _crossplane({"networkProfile": {"networkPlugin": "kubenet"}})
