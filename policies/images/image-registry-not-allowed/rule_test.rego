package policies.images["image-registry-not-allowed_test"]

import data.policies.images["image-registry-not-allowed"] as rule

_containers(refs) := {"pod": {"path": ["spec"], "spec": {}}, "containers": [container |
	some i, ref in refs
	container := {"type": "container", "path": ["spec", "containers", i], "value": {"name": "app", "image": ref}}
]}

_with(registries) := {"image-registry-not-allowed": {"registries": registries}}

_count(ref, registries) := n if {
	n := count(rule.deny) with input as _containers([ref]) with data.params as _with(registries)
}

test_silent_until_set if _count("evil.example/app:1", []) == 0

test_registry if {
	_count("registry.example.com/shop/api:1", ["registry.example.com"]) == 0
	_count("registry.example.com.evil.example/api:1", ["registry.example.com"]) == 1
	_count("registry.example.com:5000/api:1", ["registry.example.com"]) == 1
	_count("registry.example.com:5000/api:1", ["registry.example.com:5000"]) == 0
}

test_part_of_a_registry if {
	_count("ghcr.io/shop/api:1", ["ghcr.io/shop"]) == 0
	_count("ghcr.io/shop/api:1", ["ghcr.io/shop/"]) == 0
	_count("ghcr.io/shopping/api:1", ["ghcr.io/shop"]) == 1
}

test_ending if {
	_count("shop.azurecr.io/api:1", ["*.azurecr.io"]) == 0
	_count("azurecr.io.evil.example/api:1", ["*.azurecr.io"]) == 1
	_count("evilazurecr.io/api:1", ["*.azurecr.io"]) == 1
}

test_no_registry_is_docker_hub if {
	_count("nginx:1.29", ["docker.io"]) == 0
	_count("nginx:1.29", ["docker.io/library"]) == 0
	_count("bitnami/redis:8", ["docker.io/library"]) == 1
	_count("nginx:1.29", ["registry.example.com"]) == 1
}

test_filled_in_later if {
	every ref in ["${REGISTRY}/api:1", "${IMAGE}", "${NAME}.azurecr.io/api", "auto"] {
		_count(ref, ["registry.example.com"]) == 0
	}
	_count("evil.example/api:${TAG}", ["registry.example.com"]) == 1
}
