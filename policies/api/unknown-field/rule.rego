# METADATA
# title: Field that the kind does not have
# description: |
#   The API server drops a field it does not know, and most clients only warn. A misspelt
#   securityContext so protects nothing, a limit in the wrong place limits
#   nothing. Kinds that are built into Kubernetes are compared with their types, letter
#   by letter as the API server does; custom resources, and what stands in status, are not.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
# custom:
#   severity: warning
#   security_severity: 4.5
#   profile: default
#   confidence: high
#   kinds: [any]
#   remediation: Write the field as the API reference of the kind spells it, at the place where the kind has it, or remove it.
#   since: 0.1.0
package policies.api["unknown-field"]

deny contains finding if {
	some unknown in input.facts.api.unknown
	finding := {
		"path": unknown.path,
		"message": sprintf("%s has no field %q%s", [input.kind, unknown.field, _suggestion(unknown.suggestion)]),
	}
}

_suggestion("") := ""

_suggestion(field) := sprintf(" here; did you mean %q?", [field]) if field != ""
