# METADATA
# title: API version is no longer served
# description: |
#   The cluster's version of Kubernetes has dropped this API version: the API server answers that
#   it knows no such kind, and the installation or upgrade stops there. The
#   releases are those of Kubernetes' own lifecycle data, compared with --kube-version.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-policy/
# custom:
#   severity: error
#   security_severity: 3.0
#   profile: default
#   confidence: high
#   kinds: [any]
#   remediation: Write the manifest for the version that took its place, as the deprecation guide describes for each kind.
#   fixable: true
#   since: 0.1.0
package policies.api["removed-api-version"]

import data.sekisho.lib.api

deny contains object.union(finding, api.move(removed.replacement)) if {
	removed := input.facts.api.removed
	finding := {
		"path": ["apiVersion"],
		"message": sprintf("%s %s was removed in Kubernetes %s%s", [
			input.object.apiVersion,
			input.kind,
			removed["in"],
			_replacement(removed.replacement),
		]),
	}
}

_replacement("") := ""

_replacement(version) := sprintf(", %s takes its place", [version]) if version != ""
