package policies.secrets["workload-identity-incomplete_test"]

import data.policies.secrets["workload-identity-incomplete"] as rule

_account(annotations) := {"ServiceAccount": {"shop": [{"metadata": {"name": "shop", "annotations": annotations}}]}}

_pod(labels) := {
	"object": {"metadata": {"namespace": "shop"}},
	"pod": {"meta": {"labels": labels}, "meta_path": ["metadata"], "spec": {"serviceAccountName": "shop"}},
}

_severities(labels, inventory) := [object.get(finding, "severity", "error") |
	some finding in rule.deny with input as _pod(labels) with data.inventory as inventory
]

_use := {"azure.workload.identity/use": "true"}

_client := {"azure.workload.identity/client-id": "3f2504e0"}

test_complete if _severities(_use, _account(_client)) == []

test_account_without_annotation if _severities(_use, _account(null)) == ["error"]

test_account_not_rendered if _severities(_use, {}) == ["warning"]

test_annotation_without_label if _severities({"app": "shop"}, _account(_client)) == ["error"]

test_label_must_be_the_string_true if _severities({"azure.workload.identity/use": "yes"}, _account(_client)) == ["error"]

test_neither if _severities(null, _account({})) == []

test_default_account if {
	pod := {"object": {}, "pod": {"meta": {"labels": _use}, "meta_path": ["metadata"], "spec": {}}}
	some finding in rule.deny with input as pod with data.inventory as {}
	contains(finding.message, `ServiceAccount "default"`)
}
