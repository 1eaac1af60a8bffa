# METADATA
# title: Moving tag that is not pulled again
# description: |
#   With `IfNotPresent`, which is what holds where nothing is written, a node keeps the
#   image it once pulled. Under a tag that moves (`stable`, `main`, `1.4`) its nodes
#   come to run different versions, and the fix that was pushed reaches only new ones.
#   Tags that look like a full version are taken not to move. `Never` is no better.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages
# custom:
#   severity: note
#   security_severity: 2.0
#   profile: strict
#   confidence: medium
#   kinds: [workload]
#   standards:
#   - {name: Azure Policy, section: Kubernetes cluster containers should only use allowed pull policy}
#   remediation: |
#     Name a full version or a digest in `image`; where the tag must move, set `imagePullPolicy: Always`.
#   since: 0.1.0
package policies.images["pull-policy-stale"]

import data.sekisho.lib.image

deny contains finding if {
	some entry in image.all
	not image.digest(entry.ref)
	not image.open(entry.ref)
	tag := _tag(entry.ref)
	_moves(tag)
	policy := _policy(entry, tag)
	policy in {"IfNotPresent", "Never"}
	finding := {
		"path": entry.path,
		"message": sprintf("%s: nodes keep their copy of moving tag %q (pull policy %s)", [image.title(entry), tag, policy]),
	}
}

_tag(ref) := image.tag(ref) if {
	image.tagged(ref)
} else := "latest"

_policy(entry, tag) := image.pull_policy(entry) if {
	image.pull_policy(entry)
} else := "Always" if {
	tag == "latest"
} else := "IfNotPresent"

_moves(tag) if {
	lower(tag) in {
		"latest", "stable", "lts", "current", "main", "master", "trunk", "develop", "dev", "edge", "nightly", "canary",
		"next", "alpha", "beta", "rc", "snapshot", "test", "staging", "prod", "production", "release",
	}
}

# 1, v1.4, 24-alpine, 3.14-slim; but not 1.4.2 or 20261122.
_moves(tag) if regex.match(`^v?[0-9]{1,4}(\.[0-9]+)?(-[a-z][a-z0-9.]*)?$`, tag)

_moves(tag) if endswith(tag, "-SNAPSHOT")
