# METADATA
# title: Two Services select the same pods and port
# description: |
#   Two Services of the same type that lead to the same port of the same pods are one
#   service under two names. It is most often a copy whose selector was
#   forgotten, so that clients of one application talk to another. A headless Service beside
#   a plain one, a Service for each port and a Service for each type are usual and not
#   reported.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service
# custom:
#   severity: warning
#   security_severity: 2.0
#   profile: default
#   confidence: medium
#   kinds: [Service]
#   remediation: Give each Service the labels of its own pods, or remove one of them.
#   since: 0.1.0
package policies.network["shared-service-selector"]

import data.sekisho.lib

deny contains finding if {
	other := input.facts.references.same_selector[0]
	finding := {
		"path": ["spec", "selector"],
		"message": sprintf("service %q selects the same pods and port as service %q", [lib.object_name, other.name]),
		"related": [{"object": other, "path": ["spec", "selector"]}],
	}
}
