# METADATA
# title: ADD fetches from the network without a checksum
# description: |
#   ADD with a URL puts into the image whatever the server sends at that moment. A
#   server that was taken over, or a name that was bought by someone else, brings
#   hostile files into every image built from then on. A checksum makes the build fail
#   instead. A Git repository counts as checked when its commit is named.
# related_resources:
# - ref: https://docs.docker.com/reference/dockerfile/#add---checksum
# - ref: https://docs.docker.com/build/building/best-practices/#add-or-copy
# custom:
#   severity: warning
#   security_severity: 6.0
#   profile: default
#   confidence: high
#   kinds: [Dockerfile]
#   standards:
#   - {name: CIS Docker Benchmark v1.6, section: "4.9"}
#   remediation: |
#     Write `ADD --checksum=sha256:… URL path`, name the full commit after `#` for a Git repository, or fetch and verify the file in a RUN step.
#   since: 0.1.0
package policies.images["remote-add"]

deny contains finding if {
	some i, stage in input.object.stages
	some j, step in stage.instructions
	some add in [step, object.get(step, "trigger", null)]
	add.instruction == "ADD"
	not _checked(add)
	some source in add.sources
	kind := _kind(source)
	finding := {
		"path": ["stages", i, "instructions", j],
		"message": sprintf("ADD fetches %s %q without %s", [kind.name, _shown(source), kind.lacks]),
	}
}

_checked(add) if {
	some flag in add.flags
	flag.name == "checksum"
}

_kind(source) := {"name": "Git repository", "lacks": "a commit"} if {
	_git(source)
	not regex.match(`#[0-9a-f]{40}([0-9a-f]{24})?(:|$)`, source)
}

_kind(source) := {"name": "URL", "lacks": "a checksum"} if {
	regex.match(`^(?i)(https?|ftp)://`, source)
	not _git(source)
}

_git(source) if regex.match(`^(git://|git@|ssh://git@)`, source)

_git(source) if regex.match(`^https?://[^?]*\.git(#|$)`, source)

# A URL may carry a password.
_shown(source) := regex.replace(source, `://[^/@]*@`, "://…@")
