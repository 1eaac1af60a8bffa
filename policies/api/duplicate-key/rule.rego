# METADATA
# title: Key is written twice
# description: |
#   YAML forbids the same key twice in one mapping; the readers of Kubernetes take the last and
#   say nothing. What the first writing set, a securityContext, a label, an
#   environment, is lost without a trace, often after two branches were merged.
# related_resources:
# - ref: https://yaml.org/spec/1.2.2/#3211-nodes
# custom:
#   severity: error
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds: [any]
#   remediation: Keep one of the two, with the contents of both.
#   since: 0.1.0
package policies.api["duplicate-key"]

deny contains finding if {
	some duplicate in input.facts.duplicate_keys
	finding := {
		"path": duplicate.path,
		"message": sprintf("key %q is written twice; the first writing is lost", [sprintf("%v", [duplicate.path[count(duplicate.path) - 1]])]),
	}
}
