package policies.cluster["aks-host-encryption-off_test"]

import data.policies.cluster["aks-host-encryption-off"] as rule

_pool(kind, version, spec) := {"object": {"apiVersion": version, "kind": kind, "metadata": {"name": "pool"}, "spec": spec}}

_aso(spec) := _pool("ManagedClustersAgentPool", "containerservice.azure.com/v1api20240901", spec)

_capz(spec) := _pool("AzureManagedMachinePool", "infrastructure.cluster.x-k8s.io/v1beta1", spec)

_crossplane(spec) := _pool("KubernetesClusterNodePool", "containerservice.azure.upbound.io/v1beta2", {"forProvider": spec})

_paths := {finding.path | some finding in rule.deny}

test_pool_of_each_kind if {
	_paths == {["spec", "enableEncryptionAtHost"]} with input as _aso({})
	_paths == {["spec", "enableEncryptionAtHost"]} with input as _capz({"enableEncryptionAtHost": false})
	_paths == {["spec", "forProvider", "hostEncryptionEnabled"]} with input as _crossplane({})
}

test_encrypted if {
	count(rule.deny) == 0 with input as _aso({"enableEncryptionAtHost": true})
	count(rule.deny) == 0 with input as _capz({"enableEncryptionAtHost": true})
	count(rule.deny) == 0 with input as _crossplane({"hostEncryptionEnabled": true})
	count(rule.deny) == 0 with input as _crossplane({"enableHostEncryption": true})
}

test_capz_by_patch if {
	patch := `{"spec":{"enableEncryptionAtHost":true}}`
	count(rule.deny) == 0 with input as _capz({"asoManagedClustersAgentPoolPatches": [patch]})
}

test_pools_inside_a_cluster if {
	listed := _pool("ManagedCluster", "containerservice.azure.com/v1api20240901", {"agentPoolProfiles": [{"name": "a", "enableEncryptionAtHost": true}, {"name": "b"}]})
	_paths == {["spec", "agentPoolProfiles", 1, "enableEncryptionAtHost"]} with input as listed
	first := _pool("KubernetesCluster", "containerservice.azure.upbound.io/v1beta1", {"forProvider": {"defaultNodePool": [{"name": "a"}]}})
	_paths == {["spec", "forProvider", "defaultNodePool", 0, "hostEncryptionEnabled"]} with input as first
}

test_cluster_without_pools if {
	count(rule.deny) == 0 with input as _pool("ManagedCluster", "containerservice.azure.com/v1api20240901", {"agentPoolProfiles": null})
}
