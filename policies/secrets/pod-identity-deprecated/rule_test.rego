package policies.secrets["pod-identity-deprecated_test"]

import data.policies.secrets["pod-identity-deprecated"] as rule

test_objects if {
	every kind in ["AzureIdentity", "AzureIdentityBinding", "AzurePodIdentityException"] {
		count(rule.deny) == 1 with input as {"kind": kind, "object": {"metadata": {"name": "shop"}}}
	}
}

test_label if {
	pod := {"meta": {"labels": {"aadpodidbinding": "shop"}}, "meta_path": ["spec", "template", "metadata"]}
	some finding in rule.deny with input as {"kind": "Deployment", "pod": pod}
	finding.path == ["spec", "template", "metadata", "labels", "aadpodidbinding"]
}

test_no_labels if {
	count(rule.deny) == 0 with input as {"kind": "Pod", "pod": {"meta": {"labels": null}, "meta_path": ["metadata"]}}
	count(rule.deny) == 0 with input as {"kind": "Pod", "pod": {"meta": null, "meta_path": ["metadata"]}}
}
