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
