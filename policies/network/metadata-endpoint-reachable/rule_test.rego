package policies.network["metadata-endpoint-reachable_test"]

import data.policies.network["metadata-endpoint-reachable"] as rule

_workload(opening) := {
	"kind": "Deployment",
	"object": {"metadata": {"name": "api"}},
	"pod": {"path": ["spec", "template", "spec"], "spec": {}},
	"facts": {"network": {"namespace": "shop", "metadata": [opening]}},
}

_none := {"metadata-endpoint-reachable": {"workloads": []}}

test_reason_no_policy if {
	some f in rule.deny with input as _workload({"address": "169.254.169.254", "reason": "no-policy"}) with data.params as _none
	f.message == `pods of deployment "api" may reach 169.254.169.254: no egress policy selects them`
}

test_reason_host_network if {
	some f in rule.deny with input as _workload({"address": "169.254.169.254", "reason": "host-network"}) with data.params as _none
	f.path == ["spec", "template", "spec", "hostNetwork"]
}

test_exempt_by_name_and_by_namespace if {
	opening := _workload({"address": "169.254.169.254", "reason": "no-policy"})
	count(rule.deny) == 0 with input as opening with data.params as {"metadata-endpoint-reachable": {"workloads": ["api"]}}
	count(rule.deny) == 0 with input as opening with data.params as {"metadata-endpoint-reachable": {"workloads": ["shop/api"]}}
	count(rule.deny) == 1 with input as opening with data.params as {"metadata-endpoint-reachable": {"workloads": ["test/api"]}}
}
