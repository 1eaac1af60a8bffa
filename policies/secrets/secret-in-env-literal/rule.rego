# METADATA
# title: Credential in an environment variable
# description: |
#   The value of the variable is in the manifest, so it is in the repository and
#   its history, in the API server for everyone who may read pods, in `kubectl
#   describe`, and in every rendered copy. A Secret at least has access rules of
#   its own. Found by name and shape (`DB_PASSWORD: hunter2`), by the forms of
#   connection strings (a password in a URL, `AccountKey=`, `sig=`), and by
#   randomness; a password that anyone would guess (`changeme`) is a warning. A
#   provider's token or a private key in a variable is reported by
#   credential-pattern or private-key-in-manifest instead, so that one value has
#   one finding. References such as `$(VAR)`, `vault:…`, paths, names of Secrets
#   and placeholders such as `<your-token>` are silent.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# - ref: https://cwe.mitre.org/data/definitions/798.html
# custom:
#   severity: error
#   security_severity: 8.0
#   profile: default
#   confidence: medium
#   kinds: [any]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.4.1"}
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-798"}
#   remediation: |
#     Put the value into an external store (Azure Key Vault, Vault) or an encrypted Secret, mount it as a file or refer to it with `valueFrom.secretKeyRef`, and replace the value that was committed.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["secret-in-env-literal"]

import data.sekisho.lib.credentials

deny contains finding if {
	some group in credentials.groups([c | some c in credentials.all; c.where == "env"; _severity[c.kind]])
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
