package policies.cluster["aks-public-api-server_test"]

import data.policies.cluster["aks-public-api-server"] as rule

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

test_nothing_said if {
	_paths == [["spec", "apiServerAccessProfile", "enablePrivateCluster"]] with input as _aso({})
	_paths == [["spec", "apiServerAccessProfile", "enablePrivateCluster"]] with input as _capz({"apiServerAccessProfile": null})
	_paths == [["spec", "forProvider", "privateClusterEnabled"]] with input as _crossplane({})
}

test_private if {
	count(rule.deny) == 0 with input as _aso({"apiServerAccessProfile": {"enablePrivateCluster": true}})
	count(rule.deny) == 0 with input as _aso({"publicNetworkAccess": "Disabled"})
	count(rule.deny) == 0 with input as _capz({"apiServerAccessProfile": {"enablePrivateCluster": true}})
	count(rule.deny) == 0 with input as _crossplane({"privateClusterEnabled": true})
}

test_ranges if {
	count(rule.deny) == 0 with input as _aso({"apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24"]}})
	count(rule.deny) == 0 with input as _capz({"apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24"]}})
	count(rule.deny) == 0 with input as _crossplane({"apiServerAccessProfile": {"authorizedIpRanges": ["203.0.113.0/24"]}})
	count(rule.deny) == 0 with input as _crossplane({"apiServerAccessProfile": [{"authorizedIpRanges": ["203.0.113.0/24"]}]})
	count(rule.deny) == 0 with input as _crossplane({"apiServerAuthorizedIpRanges": ["203.0.113.0/24"]})
}

test_empty_ranges if {
	count(rule.deny) == 1 with input as _aso({"apiServerAccessProfile": {"authorizedIPRanges": []}})
}

# Azure reads 0.0.0.0/32 as: only what leaves through the cluster's own load balancer.
test_range_of_all if {
	spec := {"apiServerAccessProfile": {"authorizedIPRanges": ["0.0.0.0/32", "0.0.0.0/0"]}}
	_paths == [["spec", "apiServerAccessProfile", "authorizedIPRanges", 1]] with input as _aso(spec)
}

test_private_beats_ranges if {
	spec := {"apiServerAccessProfile": {"enablePrivateCluster": true, "authorizedIPRanges": ["0.0.0.0/0"]}}
	count(rule.deny) == 0 with input as _capz(spec)
}
