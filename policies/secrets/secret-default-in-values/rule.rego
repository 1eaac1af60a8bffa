# METADATA
# title: Secret value from a chart's default values
# description: |
#   A default in values.yaml is the same in every installation that does not
#   override it, and it is published with the chart: the first thing an attacker
#   tries. The value in the Secret, or in a credential field of a custom resource,
#   equals the one at a key of the chart's own values. A placeholder or a password
#   that anyone would guess is a warning. Values set by a release or a values file
#   beside the chart are no defaults: secret-committed reports those. Private keys
#   and providers' tokens have rules of their own.
# related_resources:
# - ref: https://helm.sh/docs/chart_best_practices/values/
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/
# - ref: https://cwe.mitre.org/data/definitions/1392.html
# custom:
#   severity: error
#   security_severity: 8.5
#   profile: default
#   confidence: high
#   kinds: [any]
#   standards:
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-1392"}
#   remediation: |
#     Leave the default empty and require a value (`required`), generate it at install time, or take the name of an existing Secret (`existingSecret`).
#   since: 0.1.0
#   sensitive: true
package policies.secrets["secret-default-in-values"]

import data.sekisho.lib.credentials

deny contains finding if {
	some group in credentials.groups([c | some c in credentials.all; _ours(c); _severity[c.kind]])
	finding := {
		"path": group.first.path,
		"severity": _severity[group.first.kind],
		"message": sprintf("%s is the default of %q in the chart's values: %s", [
			credentials.place(group.first),
			group.first.default_of,
			credentials.phrase(group),
		]),
	}
}

_ours(c) if {
	c.where in {"secret", "field"}
	c.default_of
}

_severity := {
	"credential": "error",
	"connection-string": "error",
	"random": "error",
	"opaque": "error",
	"guessable": "warning",
	"placeholder": "warning",
}
