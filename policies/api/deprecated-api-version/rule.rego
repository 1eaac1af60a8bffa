# METADATA
# title: API version is deprecated
# description: |
#   The API server still serves this version and warns at each use; a later release drops
#   it, and then the manifest can no longer be applied. The releases are those
#   of Kubernetes' own lifecycle data, compared with --kube-version.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
# - ref: https://kubernetes.io/docs/reference/using-api/deprecation-policy/
# custom:
#   severity: warning
#   security_severity: 1.0
#   profile: default
#   confidence: high
#   kinds: [any]
#   remediation: Move to the version that takes its place before the cluster is upgraded.
#   fixable: true
#   since: 0.1.0
package policies.api["deprecated-api-version"]

import data.sekisho.lib.api

deny contains object.union(finding, api.move(deprecated.replacement)) if {
	deprecated := input.facts.api.deprecated
	finding := {
		"path": ["apiVersion"],
		"message": sprintf("%s %s is deprecated since Kubernetes %s%s%s", [
			input.object.apiVersion,
			input.kind,
			deprecated.since,
			_removal(deprecated.removal),
			_replacement(deprecated.replacement),
		]),
	}
}

_removal("") := ""

_removal(version) := sprintf(" and removed in %s", [version]) if version != ""

_replacement("") := ""

_replacement(version) := sprintf(", %s takes its place", [version]) if version != ""
