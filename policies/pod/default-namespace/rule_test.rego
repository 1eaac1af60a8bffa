package policies.pod["default-namespace_test"]

import data.policies.pod["default-namespace"] as rule

_object(metadata) := {"kind": "Service", "object": {"kind": "Service", "metadata": object.union({"name": "app"}, metadata)}}

test_written if {
	found := rule.deny with input as _object({"namespace": "default"})
	found == {{"path": ["metadata", "namespace"], "message": `Service "app" is in the default namespace`}}
}

test_other_and_absent if {
	count(rule.deny) == 0 with input as _object({"namespace": "shop"})
	count(rule.deny) == 0 with input as _object({})
}

test_chart if {
	count(rule.deny) == 0 with input as _object({"namespace": "default", "labels": {"helm.sh/chart": "app-1.0.0"}})
	count(rule.deny) == 0 with input as _object({"namespace": "default", "labels": {"heritage": "Helm"}})
	count(rule.deny) == 1 with input as _object({"namespace": "default", "labels": {"app.kubernetes.io/managed-by": "me"}})
}
