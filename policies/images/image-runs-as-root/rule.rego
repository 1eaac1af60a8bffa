# METADATA
# title: Image runs as root
# description: |
#   Without USER the program runs as root, in the container and, without user
#   namespaces, on the node's side of every hole it breaks through. What the image says
#   holds wherever the manifest says nothing. Only the last stage counts: it is what
#   ships; a USER of the stage it is built on counts for it. Silent where the base image
#   is known not to run as root by its name (`nonroot`, `rootless`, `unprivileged`,
#   `chiseled`, Chainguard), for Windows, and for an image from `scratch` that starts
#   nothing.
# related_resources:
# - ref: https://docs.docker.com/reference/dockerfile/#user
# - ref: https://docs.docker.com/build/building/best-practices/#user
# custom:
#   severity: warning
#   security_severity: 5.0
#   profile: default
#   confidence: medium
#   kinds: [Dockerfile]
#   standards:
#   - {name: CIS Docker Benchmark v1.6, section: "4.1"}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: |
#     Create a user in the last stage and end with `USER` and its number, such as `USER 10001:10001`: Kubernetes can hold `runAsNonRoot` only against a number.
#   since: 0.1.0
package policies.images["image-runs-as-root"]

deny contains finding if {
	some i, stage in input.object.stages
	stage.final == true
	user := stage.user.value
	_root(user)
	finding := {
		"path": ["stages", i, "user"],
		"message": sprintf("image runs as root: USER %q", [user]),
	}
}

deny contains finding if {
	some i, stage in input.object.stages
	stage.final == true
	not stage.user.value
	chain := graph.reachable(_parents, {i})
	not _other_user(chain)
	not _starts_nothing(chain)
	finding := {
		"path": ["stages", i],
		"message": "image runs as root: no USER in the last stage",
	}
}

# root, 0, 00, 0:1000, root:root
_root(user) if {
	is_string(user)
	regex.match(`^(root|0+)$`, split(user, ":")[0])
}

_parents[i] := {parent | parent := stage.parent} if some i, stage in input.object.stages

_other_user(chain) if {
	some i in chain
	some field in ["base", "image"]
	name := input.object.stages[i][field]
	is_string(name)
	regex.match(`nonroot|non-root|rootless|unprivileged|chiseled|^cgr\.dev/|^mcr\.microsoft\.com/windows`, lower(name))
}

_starts_nothing(chain) if {
	some i in chain
	input.object.stages[i].image == "scratch"
	count([step | some k in chain; some step in input.object.stages[k].instructions; step.instruction in {"CMD", "ENTRYPOINT"}]) == 0
}
