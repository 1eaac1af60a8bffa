package policies.cluster["aks-workload-identity-off_test"]

import data.policies.cluster["aks-workload-identity-off"] as rule

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

test_off if {
	_paths == [["spec", "securityProfile", "workloadIdentity", "enabled"]] with input as _aso({"oidcIssuerProfile": {"enabled": true}})
	_paths == [["spec", "securityProfile", "workloadIdentity", "enabled"]] with input as _capz({"securityProfile": null})
	_paths == [["spec", "forProvider", "workloadIdentityEnabled"]] with input as _crossplane({})
}

test_without_issuer if {
	_paths == [["spec", "oidcIssuerProfile", "enabled"]] with input as _capz({"securityProfile": {"workloadIdentity": {"enabled": true}}})
	_paths == [["spec", "forProvider", "oidcIssuerEnabled"]] with input as _crossplane({"workloadIdentityEnabled": true})
}

test_both_on if {
	both := {"oidcIssuerProfile": {"enabled": true}, "securityProfile": {"workloadIdentity": {"enabled": true}}}
	count(rule.deny) == 0 with input as _aso(both)
	count(rule.deny) == 0 with input as _capz(both)
	count(rule.deny) == 0 with input as _crossplane({"oidcIssuerEnabled": true, "workloadIdentityEnabled": true})
}
