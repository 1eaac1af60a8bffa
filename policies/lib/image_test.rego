package sekisho.lib.image_test

import data.sekisho.lib.image

test_tag if {
	image.tag("nginx:1.29") == "1.29"
	image.tag("registry.example.com:5000/team/app:1.4") == "1.4"
	image.tag("registry.example.com:5000/team/app:1.4@sha256:00") == "1.4"
	not image.tag("nginx")
	not image.tag("registry.example.com:5000/team/app")
	not image.tag("localhost:5000/app@sha256:00")
}

test_digest if {
	image.digest("nginx@sha256:00")
	not image.digest("nginx:1.29")
}

test_full_name if {
	image.full_name("nginx") == "docker.io/library/nginx"
	image.full_name("nginx:1.29@sha256:00") == "docker.io/library/nginx"
	image.full_name("bitnami/redis:8") == "docker.io/bitnami/redis"
	image.full_name("localhost/app:1") == "localhost/app"
	image.full_name("registry.example.com:5000/team/app:1.4") == "registry.example.com:5000/team/app"
	image.full_name("registry:5000/app") == "registry:5000/app"
	image.full_name("mcr.microsoft.com/dotnet/aspnet@sha256:00") == "mcr.microsoft.com/dotnet/aspnet"
}

test_open if {
	image.open("${IMAGE}")
	image.open("$(IMAGE):1")
	image.open("auto")
	not image.open("nginx")
}

_workload := {
	"pod": {"path": ["spec"], "spec": {"volumes": [null, {"name": "model", "image": {"reference": "m:1", "pullPolicy": "Always"}}]}},
	"containers": [
		{"type": "init", "path": ["spec", "initContainers", 0], "value": {"name": "setup", "image": "i"}},
		{"type": "container", "path": ["spec", "containers", 0], "value": {"name": "app", "image": null}},
		{"type": "container", "path": ["spec", "containers", 1], "value": {"name": "b", "image": "b:1", "imagePullPolicy": "Never"}},
	],
}

test_all if {
	entries := image.all with input as _workload
	[[entry.ref, entry.path, image.title(entry)] | some entry in entries] == [
		["i", ["spec", "initContainers", 0, "image"], `init container "setup"`],
		["b:1", ["spec", "containers", 1, "image"], `container "b"`],
		["m:1", ["spec", "volumes", 1, "image", "reference"], `volume "model"`],
	]
}

test_pull_policy if {
	entries := image.all with input as _workload
	not image.pull_policy(entries[0])
	image.pull_policy(entries[1]) == "Never"
	image.pull_policy(entries[2]) == "Always"
}

test_nothing if {
	image.all == [] with input as {"object": {}}
}
