# METADATA
# title: Credential in a ConfigMap
# description: |
#   A ConfigMap is made to be read: its contents are not encrypted at rest, the
#   `view` role shows them, and tools print them. Entries are judged by name and
#   shape, and whole files in them are read too: properties, INI, YAML, JSON, TOML,
#   XML, shell, `.env`. The line within the file is in the message. A password that
#   anyone would guess is a warning; providers' tokens and private keys are
#   reported by credential-pattern and private-key-in-manifest instead.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/configmap/
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# - ref: https://cwe.mitre.org/data/definitions/312.html
# custom:
#   severity: error
#   security_severity: 8.0
#   profile: default
#   confidence: medium
#   kinds: [ConfigMap]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.4.2"}
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-312"}
#   remediation: |
#     Move the credential into a Secret that is encrypted in the repository or synced from an external store, let the file refer to it (`${DB_PASSWORD}`), and replace the value that was committed.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["secret-in-config-map"]

import data.sekisho.lib.credentials

deny contains finding if {
	some group in credentials.groups([c | some c in credentials.all; c.where == "config-map"; _severity[c.kind]])
	finding := {
		"path": group.first.path,
		"severity": _severity[group.first.kind],
		"message": sprintf("%s holds %s", [credentials.place(group.first), credentials.phrase(group)]),
	}
}

_severity := {
	"credential": "error",
	"connection-string": "error",
	"random": "error",
	"guessable": "warning",
}
