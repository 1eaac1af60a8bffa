# METADATA
# title: Image not pinned by digest
# description: |
#   A tag can be moved: by its owner, by whoever stole the owner's password, or by a
#   registry that was taken over. A digest is the hash of the image's content, so what
#   was tested and signed is what runs. The tag may stay beside it for people to read.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/#image-names
# - ref: https://slsa.dev/spec/v1.0/threats
# custom:
#   severity: note
#   security_severity: 3.0
#   profile: strict
#   confidence: high
#   kinds: [workload]
#   remediation: |
#     Add the digest to `image`: `registry.example.com/api:1.4.2@sha256:…`. Renovate and Dependabot keep both current.
#   since: 0.1.0
package policies.images["image-not-pinned"]

import data.sekisho.lib.image

deny contains finding if {
	some entry in image.all
	not image.digest(entry.ref)
	not image.open(entry.ref)
	finding := {
		"path": entry.path,
		"message": sprintf("%s: image %q is not pinned by digest", [image.title(entry), entry.ref]),
	}
}
