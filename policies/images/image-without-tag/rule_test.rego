package policies.images["image-without-tag_test"]

import data.policies.images["image-without-tag"] as rule

_containers(refs) := {"pod": {"path": ["spec"], "spec": {}}, "containers": [container |
	some i, ref in refs
	container := {"type": "container", "path": ["spec", "containers", i], "value": {"name": "app", "image": ref}}
]}

test_no_tag if {
	every ref in ["nginx", "registry.example.com:5000/team/app", "localhost:5000/app", "nginx:latest"] {
		count(rule.deny) == 1 with input as _containers([ref])
	}
}

test_tag_or_digest if {
	every ref in ["nginx:1.29", "nginx:stable", "registry.example.com:5000/app:1", "nginx@sha256:00", "nginx:latest@sha256:00"] {
		count(rule.deny) == 0 with input as _containers([ref])
	}
}

test_filled_in_later if {
	every ref in ["${IMAGE}", "$(IMAGE)", "nginx:${TAG}", "auto", "", null, 7] {
		count(rule.deny) == 0 with input as _containers([ref])
	}
}

test_image_volume if {
	found := rule.deny with input as {"pod": {"path": ["spec"], "spec": {"volumes": [{"name": "model", "image": {"reference": "m"}}]}}}
	found == {{
		"path": ["spec", "volumes", 0, "image", "reference"],
		"message": `volume "model": image "m" has no tag or digest`,
	}}
}
