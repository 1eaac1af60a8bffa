# METADATA
# title: Images of a workload
# description: |
#   Every image a workload names, and what its reference says, read as container
#   runtimes do: registry.example.com:5000/team/app:1.4@sha256:…
package sekisho.lib.image

import data.sekisho.lib

# The images of containers of every type and of image volumes:
# [{"ref", "path", "owner"}]. The owner is the container or the volume as a node.
all := array.concat(_containers, _volumes)

_containers := [entry |
	some container in input.containers
	ref := container.value.image
	is_string(ref)
	ref != ""
	entry := {"ref": ref, "path": array.concat(container.path, ["image"]), "owner": container}
]

_volumes := [entry |
	some i, volume in input.pod.spec.volumes
	ref := volume.image.reference
	is_string(ref)
	path := array.concat(input.pod.path, ["volumes", i])
	entry := {
		"ref": ref,
		"path": array.concat(path, ["image", "reference"]),
		"owner": {"value": volume, "path": path, "type": "volume"},
	}
]

# title(entry) is what messages call the one that uses the image: init container
# "setup", or volume "model".
title(entry) := sprintf("volume %q", [lib.name(entry.owner.value)]) if {
	entry.owner.type == "volume"
} else := lib.title(entry.owner)

# pull_policy(entry) is the pull policy as written; undefined where it is not.
pull_policy(entry) := entry.owner.value.imagePullPolicy if {
	is_string(entry.owner.value.imagePullPolicy)
} else := entry.owner.value.image.pullPolicy if {
	is_string(entry.owner.value.image.pullPolicy)
}

# open(ref) is true where a later tool fills in a part of the reference: ${IMAGE},
# $(IMAGE), or Istio's word for the sidecar that it injects.
open(ref) if contains(ref, "$")

open("auto")

# digest(ref) is true when the reference is pinned.
digest(ref) if contains(ref, "@")

# tagged(ref) is true when the reference names a tag; a port of the registry is none.
tagged(ref) if regex.match(`^[^@]*:[^/@]*(@|$)`, ref)

# tag(ref) is that tag, undefined when there is none.
tag(ref) := parts[count(parts) - 1] if {
	tagged(ref)
	parts := split(split(ref, "@")[0], ":")
}

# full_name(ref) is the reference with its registry, without tag and digest:
# docker.io/library/nginx of nginx:1.29.
full_name(ref) := name if {
	name := _bare(ref)
	_has_registry(name)
} else := sprintf("docker.io/%s", [_bare(ref)]) if {
	contains(_bare(ref), "/")
} else := sprintf("docker.io/library/%s", [_bare(ref)])

_bare(ref) := trim_suffix(name, sprintf(":%s", [tag(ref)])) if {
	name := split(ref, "@")[0]
	tagged(ref)
} else := split(ref, "@")[0]

_has_registry(name) if {
	segments := split(name, "/")
	count(segments) > 1
	regex.match(`[.:]|^localhost$`, segments[0])
}
