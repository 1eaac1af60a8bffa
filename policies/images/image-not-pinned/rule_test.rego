package policies.images["image-not-pinned_test"]

import data.policies.images["image-not-pinned"] as rule

_containers(refs) := {"pod": {"path": ["spec"], "spec": {}}, "containers": [container |
	some i, ref in refs
	container := {"type": "container", "path": ["spec", "containers", i], "value": {"name": "app", "image": ref}}
]}

test_tag_is_no_pin if {
	every ref in ["nginx", "nginx:1.29.3", "registry.example.com:5000/app"] {
		count(rule.deny) == 1 with input as _containers([ref])
	}
}

test_digest if count(rule.deny) == 0 with input as _containers(["nginx@sha256:00", "nginx:1.29@sha256:00"])

# The digest may be in what is filled in.
test_filled_in_later if count(rule.deny) == 0 with input as _containers(["${IMAGE}", "nginx:${TAG}", "auto"])
