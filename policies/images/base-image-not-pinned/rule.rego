# METADATA
# title: Base image not pinned by digest
# description: |
#   A build takes whatever its base's tag points to that day. The same commit gives
#   another image tomorrow, and a tag that was moved by an attacker comes with the next
#   build, unseen. With a digest the base changes only by a commit that can be reviewed.
#   Images that COPY takes files from are bases too. Silent for `scratch`, for earlier
#   stages, and where an ARG without a default leaves the name to the build.
# related_resources:
# - ref: https://docs.docker.com/reference/dockerfile/#from
# - ref: https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
# custom:
#   severity: note
#   security_severity: 3.0
#   profile: strict
#   confidence: high
#   kinds: [Dockerfile]
#   standards:
#   - {name: CIS Docker Benchmark v1.6, section: "4.2"}
#   remediation: |
#     Write `FROM name:tag@sha256:…`. Renovate and Dependabot keep the digest current.
#   since: 0.1.0
package policies.images["base-image-not-pinned"]

import data.sekisho.lib.image

deny contains finding if {
	some i, stage in input.object.stages
	is_string(stage.image)
	stage.image != "scratch"
	not image.digest(stage.image)
	finding := {
		"path": ["stages", i],
		"message": sprintf("base image %q is not pinned by digest", [stage.image]),
	}
}

deny contains finding if {
	some i, stage in input.object.stages
	some j, step in stage.instructions
	step.instruction == "COPY"
	some flag in step.flags
	flag.name == "from"
	_names_image(flag.value)
	not image.digest(flag.value)
	finding := {
		"path": ["stages", i, "instructions", j],
		"message": sprintf("COPY takes files from image %q, which is not pinned by digest", [flag.value]),
	}
}

# A bare word is an earlier stage or a build context.
_names_image(value) if {
	is_string(value)
	regex.match(`[/:]`, value)
	not image.open(value)
}
