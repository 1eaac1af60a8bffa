package policies.api["removed-api-version_test"]

import data.policies.api["removed-api-version"] as rule

_object(replacement) := {
	"kind": "Ingress",
	"object": {"apiVersion": "extensions/v1beta1"},
	"facts": {"api": {"removed": {"in": "1.22", "replacement": replacement}}},
}

test_with_replacement if {
	found := rule.deny with input as _object("networking.k8s.io/v1")
	found == {{
		"path": ["apiVersion"],
		"message": "extensions/v1beta1 Ingress was removed in Kubernetes 1.22, networking.k8s.io/v1 takes its place",
	}}
}

test_without_replacement if {
	some f in rule.deny with input as _object("")
	f.message == "extensions/v1beta1 Ingress was removed in Kubernetes 1.22"
}

test_moves_what_has_the_same_fields if {
	some f in rule.deny with input as {
		"kind": "CronJob",
		"object": {"apiVersion": "batch/v1beta1"},
		"facts": {"api": {"removed": {"in": "1.25", "replacement": "batch/v1"}}},
	}
	f.fix == [{"op": "replace", "path": ["apiVersion"], "value": "batch/v1"}]
}
