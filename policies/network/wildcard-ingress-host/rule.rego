# METADATA
# title: Ingress answers for any host name
# description: |
#   A rule without a host answers every name that reaches the controller, one with a
#   wildcard every name below a domain: also those of other teams that have no rule yet, and
#   those of a domain that was left pointing here. Cookies and certificates are
#   then shared with whatever answers there.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards
# custom:
#   severity: warning
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds: [Ingress]
#   remediation: Name in host each name that the rule serves.
#   since: 0.1.0
package policies.network["wildcard-ingress-host"]

import data.sekisho.lib

deny contains finding if {
	some rule in lib.items(lib.root, ["spec", "rules"])
	finding := {
		"path": lib.at(rule, ["host"]),
		"message": sprintf("rule of ingress %q %s", [lib.object_name, _what(_host(rule))]),
	}
}

_host(rule) := rule.value.host if {
	is_string(rule.value.host)
} else := ""

_what("") := "has no host and answers for every name"

_what(host) := sprintf("answers for every name under %q", [host]) if contains(host, "*")
