package policies.pod["untrusted-beside-system_test"]

import data.policies.pod["untrusted-beside-system"] as rule

_params := {"untrusted-beside-system": {"taints": ["CriticalAddonsOnly"]}}

_pod(namespace, tolerations) := {
	"object": {"metadata": {"namespace": namespace}},
	"pod": {"path": ["spec"], "spec": {"tolerations": tolerations}},
}

test_system_taint if {
	found := rule.deny with input as _pod("shop", [{"key": "gpu"}, {"key": "CriticalAddonsOnly", "operator": "Exists"}])
		with data.params as _params
	found == {{
		"path": ["spec", "tolerations", 1],
		"message": `pod tolerates the taint "CriticalAddonsOnly" of system nodes`,
	}}
}

test_every_taint if {
	count(rule.deny) == 1 with input as _pod("shop", [{"operator": "Exists"}]) with data.params as _params
	count(rule.deny) == 1 with input as _pod("shop", [{"operator": "Exists", "effect": "NoSchedule"}]) with data.params as _params
	count(rule.deny) == 0 with input as _pod("shop", [{"operator": "Exists", "effect": "NoExecute"}]) with data.params as _params
}

test_kube_system if {
	count(rule.deny) == 0 with input as _pod("kube-system", [{"operator": "Exists"}]) with data.params as _params
}

test_none if {
	count(rule.deny) == 0 with input as _pod("shop", null) with data.params as _params
}
