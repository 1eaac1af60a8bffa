package policies.pod["cpu-or-memory-limit-missing_test"]

import data.policies.pod["cpu-or-memory-limit-missing"] as rule

_pod(resources) := {
	"object": {"metadata": {"name": "x", "namespace": "shop"}},
	"pod": {"path": ["spec"], "spec": {}},
	"containers": [{
		"type": "container",
		"path": ["spec", "containers", 0],
		"value": {"name": "app", "resources": resources},
	}],
}

_range(namespace, limit) := {"LimitRange": {namespace: [{"spec": {"limits": [limit]}}]}}

_messages := {finding.message | some finding in rule.deny}

test_nothing_set if {
	found := rule.deny with input as _pod(null) with data.inventory as {}
	found == {{
		"path": ["spec", "containers", 0, "resources", "limits", "memory"],
		"message": `container "app" has no memory limit, no memory request, no cpu request`,
	}}
}

test_points_at_the_first_that_is_missing if {
	found := rule.deny with input as _pod({"limits": {"memory": "1Gi"}}) with data.inventory as {}
	found == {{
		"path": ["spec", "containers", 0, "resources", "requests", "cpu"],
		"message": `container "app" has no cpu request`,
	}}
}

test_complete if {
	count(_messages) == 0 with input as _pod({"limits": {"memory": "1Gi"}, "requests": {"cpu": "100m"}}) with data.inventory as {}
	count(_messages) == 0 with input as _pod({"limits": {"memory": "1Gi", "cpu": 1}}) with data.inventory as {}
}

test_resources_of_the_pod if {
	resources := {"limits": {"memory": "1Gi"}, "requests": {"cpu": "100m"}}
	pod := object.union(_pod({}), {"pod": {"spec": {"resources": resources}}})
	count(_messages) == 0 with input as pod with data.inventory as {}
}

test_limit_range if {
	limit := {"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}}
	count(_messages) == 0 with input as _pod({}) with data.inventory as _range("shop", limit)
	count(_messages) == 1 with input as _pod({}) with data.inventory as _range("other", limit)
	count(_messages) == 1 with input as _pod({}) with data.inventory as _range("shop", object.union(limit, {"type": "Pod"}))
}

test_limit_range_covers_a_part if {
	limit := {"type": "Container", "defaultRequest": {"cpu": "100m", "memory": "1Gi"}}
	_messages == {`container "app" has no memory limit`} with input as _pod({}) with data.inventory as _range("shop", limit)
}

test_ephemeral_containers_have_no_resources if {
	pod := {"object": {}, "pod": {"path": [], "spec": {}}, "containers": [{"type": "ephemeral", "path": [], "value": {"name": "debug"}}]}
	count(_messages) == 0 with input as pod with data.inventory as {}
}
