# METADATA
# title: Object is defined twice
# description: |
#   Two objects of one kind, namespace and name are one object to the cluster: which of them
#   stands at the end depends on the order of applying, and Helm refuses the
#   release. Raw files of different folders are taken for alternatives, such as one folder for
#   each environment, and are not compared.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
# custom:
#   severity: warning
#   security_severity: 2.0
#   profile: default
#   confidence: high
#   kinds: [any]
#   remediation: Remove one of the two, or give it another name or namespace.
#   since: 0.1.0
package policies.api["duplicate-object"]

import data.sekisho.lib

deny contains finding if {
	input.facts.references.duplicate
	finding := {
		"path": ["metadata", "name"],
		"message": sprintf("%s %q is defined a second time", [input.kind, lib.object_name]),
		"related": [{"object": lib.identity(input.object), "path": ["metadata", "name"]}],
	}
}
