package policies.cluster["aks-pod-identity-on_test"]

import data.policies.cluster["aks-pod-identity-on"] as rule

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

test_on if _paths == [["spec", "podIdentityProfile", "enabled"]] with input as _aso({"podIdentityProfile": {"enabled": true}})

test_off_or_absent if {
	count(rule.deny) == 0 with input as _aso({"podIdentityProfile": {"enabled": false}})
	count(rule.deny) == 0 with input as _aso({"podIdentityProfile": null})
	count(rule.deny) == 0 with input as _capz({})
	count(rule.deny) == 0 with input as _crossplane({})
}

test_capz_by_patch if {
	patch := "spec:\n  podIdentityProfile:\n    enabled: true\n"
	_paths == [["spec", "asoManagedClusterPatches"]] with input as _capz({"asoManagedClusterPatches": [patch]})
}
