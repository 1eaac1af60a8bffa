package policies.cluster["aks-outdated-version_test"]

import data.policies.cluster["aks-outdated-version"] as rule

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

_params := {"aks-outdated-version": {"window": 2, "long_term_window": 6}}

_deny := result if {
	result := rule.deny with data.params as _params with data.kube as {"minor": 37}
}

test_names_the_distance if {
	found := _deny with input as _capz({"version": "v1.30.4"})
	found == {{
		"path": ["spec", "version"],
		"message": `cluster "prod" runs Kubernetes 1.30, 7 minor versions behind 1.37`,
	}}
}

test_window if {
	every version in ["1.37.0", "1.35", "v1.36.2", "1.38.0"] {
		count(_deny) == 0 with input as _aso({"kubernetesVersion": version})
		count(_deny) == 0 with input as _capz({"version": version})
		count(_deny) == 0 with input as _crossplane({"kubernetesVersion": version})
	}
	count(_deny) == 1 with input as _aso({"kubernetesVersion": "1.34"})
	count(_deny) == 1 with input as _crossplane({"kubernetesVersion": "1.34.9"})
}

test_no_version_is_the_newest if {
	every version in [null, "", "latest", 1.3] {
		count(_deny) == 0 with input as _aso({"kubernetesVersion": version})
	}
}

test_long_term_support if {
	count(_deny) == 0 with input as _aso({"kubernetesVersion": "1.31", "supportPlan": "AKSLongTermSupport"})
	count(_deny) == 0 with input as _crossplane({"kubernetesVersion": "1.31", "supportPlan": "AKSLongTermSupport"})
	count(_deny) == 1 with input as _aso({"kubernetesVersion": "1.30", "supportPlan": "AKSLongTermSupport"})
}

test_pools_inside_the_cluster if {
	found := _deny with input as _aso({"kubernetesVersion": "1.37", "agentPoolProfiles": [{"name": "old", "orchestratorVersion": "1.33.1"}]})
	{finding.path | some finding in found} == {["spec", "agentPoolProfiles", 0, "orchestratorVersion"]}
}
