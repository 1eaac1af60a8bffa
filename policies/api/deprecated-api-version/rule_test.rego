package policies.api["deprecated-api-version_test"]

import data.policies.api["deprecated-api-version"] as rule

_object(removal, replacement) := {
	"kind": "Ingress",
	"object": {"apiVersion": "extensions/v1beta1"},
	"facts": {"api": {"deprecated": {"since": "1.14", "removal": removal, "replacement": replacement}}},
}

test_everything_known if {
	found := rule.deny with input as _object("1.22", "networking.k8s.io/v1")
	found == {{
		"path": ["apiVersion"],
		"message": "extensions/v1beta1 Ingress is deprecated since Kubernetes 1.14 and removed in 1.22, networking.k8s.io/v1 takes its place",
	}}
}

test_nothing_more_known if {
	some f in rule.deny with input as _object("", "")
	f.message == "extensions/v1beta1 Ingress is deprecated since Kubernetes 1.14"
}

_budget(spec) := {
	"kind": "PodDisruptionBudget",
	"object": {"apiVersion": "policy/v1beta1", "spec": spec},
	"facts": {"api": {"deprecated": {"since": "1.21", "removal": "1.25", "replacement": "policy/v1"}}},
}

_fixes := [finding.fix | some finding in rule.deny]

test_moves_what_has_the_same_fields if {
	move := [{"op": "replace", "path": ["apiVersion"], "value": "policy/v1"}]
	_fixes == [move] with input as _budget({"selector": {"matchLabels": {"app": "web"}}})
	_fixes == [move] with input as _budget({"minAvailable": 1})
}

test_empty_selector_comes_to_mean_all_pods if {
	_fixes == [] with input as _budget({"selector": {}})
	_fixes == [] with input as _budget({"selector": {"matchLabels": {}}})
}

test_does_not_move_what_differs if {
	_fixes == [] with input as _object("1.22", "networking.k8s.io/v1")
}
