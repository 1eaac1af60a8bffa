# METADATA
# title: Image without a tag, or with the tag latest
# description: |
#   An image without a tag means `latest`, and `latest` is whatever was pushed last. Two
#   nodes can run different programs under one name, a restart can bring an untested
#   version, and a rollback brings nothing back. An image with a digest is silent,
#   whatever its tag.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/#image-names
# custom:
#   severity: warning
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: Azure Policy, section: Kubernetes cluster container images should not include latest image tag}
#   remediation: |
#     Name a version in `image`, such as `registry.example.com/api:1.4.2`, best with its digest.
#   since: 0.1.0
package policies.images["image-without-tag"]

import data.sekisho.lib.image

deny contains finding if {
	some entry in image.all
	problem := _problem(entry.ref)
	not image.digest(entry.ref)
	finding := {
		"path": entry.path,
		"message": sprintf("%s: image %q has %s", [image.title(entry), entry.ref, problem]),
	}
}

_problem(ref) := "no tag or digest" if {
	not image.tagged(ref)
	not image.open(ref)
}

_problem(ref) := "the tag latest" if endswith(ref, ":latest")
