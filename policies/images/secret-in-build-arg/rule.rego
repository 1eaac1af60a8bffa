# METADATA
# title: Credential in a build argument, variable or command
# description: |
#   ARG and ENV are written into the image's configuration and history, which
#   `docker history` and `docker inspect` show to everyone who can pull it; so are
#   the texts of RUN, CMD and LABEL. That holds for an ARG without a default too:
#   the value handed over with `--build-arg` is kept in the history. Values are
#   judged by name and shape, by connection strings, by randomness and by the token
#   patterns of providers; a password that anyone would guess is a warning. An ARG
#   that asks for a credential in a stage that is not shipped is a warning as
#   well: it stays in the build cache.
# related_resources:
# - ref: https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
# - ref: https://docs.docker.com/build/building/secrets/
# custom:
#   severity: error
#   security_severity: 8.0
#   profile: default
#   confidence: medium
#   kinds: [Dockerfile]
#   standards:
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-538"}
#   - {name: CIS Docker Benchmark v1.6, section: "4.10"}
#   remediation: |
#     Hand the credential to the step that needs it with `RUN --mount=type=secret`, hand it to the container when it runs, and replace the value that was committed.
#   since: 0.1.0
#   sensitive: true
package policies.images["secret-in-build-arg"]

import data.sekisho.lib.credentials

deny contains finding if {
	some group in credentials.groups([c | some c in credentials.all; _severity[c.kind]])
	finding := {
		"path": group.first.path,
		"severity": _severity[group.first.kind],
		"message": sprintf("%s holds %s", [_place(group.first), credentials.phrase(group)]),
	}
}

_place(c) := sprintf("%s %q", [c.where, c.key]) if {
	c.where in {"ARG", "ENV", "LABEL"}
} else := c.where

_severity := {
	"private-key": "error",
	"provider-token": "error",
	"connection-string": "error",
	"credential": "error",
	"random": "error",
	"guessable": "warning",
}

deny contains finding if {
	some c in credentials.all
	c.kind == "asked"
	c.path[0] == "stages"
	finding := {
		"path": c.path,
		"severity": _asked_severity(c.path[1]),
		"message": sprintf("ARG %q takes a credential, which the build keeps in its history", [c.key]),
	}
}

_stages := object.get(input.object, ["stages"], [])

# The last stage and those it is built on.
_shipped := graph.reachable(_parents, {i | some i, stage in _stages; stage.final})

_parents[i] := {parent | parent := stage.parent} if some i, stage in _stages

_asked_severity(i) := "error" if {
	i in _shipped
} else := "warning"
