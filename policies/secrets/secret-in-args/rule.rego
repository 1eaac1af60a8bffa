# METADATA
# title: Credential in a command, annotation or other field
# description: |
#   A command line is shown by `kubectl describe`, by every process list in the
#   container and on the node, and in the logs of whatever starts it; annotations
#   and fields of custom resources are copied around even more freely. This rule
#   reads commands and arguments, probes, lifecycle hooks, HTTP headers,
#   annotations and all remaining fields of any object for credentials by name and
#   shape and for passwords in URLs and connection strings. Variables and ConfigMaps
#   have rules of their own (secret-in-env-literal, secret-in-config-map);
#   providers' tokens and private keys are reported by credential-pattern and
#   private-key-in-manifest; what a chart's values bring into a field of a custom
#   resource is reported by secret-default-in-values.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# - ref: https://cwe.mitre.org/data/definitions/214.html
# - ref: https://cwe.mitre.org/data/definitions/798.html
# custom:
#   severity: error
#   security_severity: 8.0
#   profile: default
#   confidence: medium
#   kinds: [any]
#   standards:
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-214"}
#   remediation: |
#     Let the program read the credential from a file (`--password-file`) or from a variable that refers to a Secret (`$(DB_PASSWORD)` in args), and replace the value that was committed.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["secret-in-args"]

import data.sekisho.lib.credentials

deny contains finding if {
	some group in credentials.groups([c | some c in credentials.all; _ours(c); _severity[c.kind]])
	finding := {
		"path": group.first.path,
		"severity": _severity[group.first.kind],
		"message": sprintf("%s holds %s", [credentials.place(group.first), credentials.phrase(group)]),
	}
}

_ours(c) if c.where in {"args", "probe", "lifecycle", "header", "annotation"}

_ours(c) if {
	c.where == "field"
	not c.default_of
}

_severity := {
	"credential": "error",
	"connection-string": "error",
	"random": "error",
	"guessable": "warning",
}
