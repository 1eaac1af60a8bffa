package policies.network["pod-without-ingress-policy_test"]

import data.policies.network["pod-without-ingress-policy"] as rule

_workload(policies, host) := {
	"kind": "DaemonSet",
	"object": {"metadata": {"name": "agent"}},
	"pod": {"path": ["spec", "template", "spec"], "spec": {}},
	"facts": {"network": {"host_network": host, "ingress": {"isolated": false, "policies": policies}}},
}

test_names_the_workload if {
	found := rule.deny with input as _workload([], false)
	found == {{
		"path": ["spec", "template", "spec"],
		"message": `no ingress policy selects the pods of daemonset "agent"`,
	}}
}

test_host_network_is_another_matter if {
	count(rule.deny) == 0 with input as _workload([], true)
}

# An admin policy selects without isolating.
test_selected_without_isolation if {
	count(rule.deny) == 0 with input as _workload([{"kind": "AdminNetworkPolicy", "namespace": "", "name": "base"}], false)
}
