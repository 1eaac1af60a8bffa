package policies.images["pull-policy-stale_test"]

import data.policies.images["pull-policy-stale"] as rule

_container(ref, policy) := {"containers": [{
	"type": "container",
	"path": ["spec", "containers", 0],
	"value": {"name": "app", "image": ref, "imagePullPolicy": policy},
}]}

test_default_policy if {
	every tag in ["stable", "1", "v1.4", "24-alpine", "main", "2.0-SNAPSHOT"] {
		count(rule.deny) == 1 with input as _container(concat(":", ["app", tag]), null)
	}
}

test_latest_is_pulled_unless_told_otherwise if {
	count(rule.deny) == 0 with input as _container("app", null)
	count(rule.deny) == 0 with input as _container("app:latest", null)
	count(rule.deny) == 1 with input as _container("app", "IfNotPresent")
	count(rule.deny) == 1 with input as _container("app:latest", "Never")
}

test_always if count(rule.deny) == 0 with input as _container("app:stable", "Always")

test_tags_that_stay if {
	every ref in ["app:1.4.2", "app:v1.4.2-alpine", "app:20261122", "app:9f8e7d6", "app:stable@sha256:00", "app:${TAG}"] {
		count(rule.deny) == 0 with input as _container(ref, "IfNotPresent")
	}
}
