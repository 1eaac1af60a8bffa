# METADATA
# title: Secret with its values in the repository
# description: |
#   A Secret is base64, which anyone can decode: a value that stands in a raw
#   manifest or a template is readable by everyone who can read the repository, now
#   and in its history. Every non-empty value counts. A placeholder or a password
#   that anyone would guess is a warning, since it is either replaced before it
#   is used or worthless; a user name, host or file in which nothing looks like a
#   credential is a note. Silent are values encrypted by SOPS, Sealed Secrets or
#   kubesec, values that are filled in elsewhere (`<path:…>`, `vault:…`), values
#   that a template invents at install time, certificates and public keys, and
#   tokens of type `kubernetes.io/service-account-token`. One value has one
#   finding: private keys are reported by private-key-in-manifest, providers'
#   tokens by credential-pattern, what came from a chart's own values by
#   secret-default-in-values, and what a secretGenerator made by
#   secret-generator-literal.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# - ref: https://learn.microsoft.com/en-us/azure/aks/csi-secrets-store-driver
# custom:
#   severity: error
#   security_severity: 8.5
#   profile: default
#   confidence: high
#   kinds: [Secret]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.4.2"}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: "Network separation and hardening: Secrets"}
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-312"}
#   remediation: |
#     Keep the value in an external store (SecretProviderClass, ExternalSecret) or encrypt it before committing (SOPS, SealedSecret), and replace the value that was committed.
#   since: 0.1.0
package policies.secrets["secret-committed"]

import data.sekisho.lib.credentials

deny contains finding if {
	some c in credentials.all
	c.where == "secret"
	not _of_other_rule(c)
	severity := _severity[c.kind]
	finding := {
		"path": c.path,
		"severity": severity,
		"message": sprintf("%s %s", [credentials.place(c), _says(c)]),
	}
}

_severity := {
	"credential": "error",
	"connection-string": "error",
	"random": "error",
	"opaque": "error",
	"guessable": "warning",
	"placeholder": "warning",
	"plain": "note",
}

_of_other_rule(c) if {
	c.kind != "plain"
	c.default_of
}

_of_other_rule(c) if {
	c.kind != "plain"
	input.facts.generator[c.key]
}

_says(c) := sprintf("holds a placeholder, not encrypted: %s", [c.shown]) if {
	c.kind == "placeholder"
} else := sprintf("is not encrypted, and nothing in it looks like a credential: %s", [c.shown]) if {
	c.kind == "plain"
} else := sprintf("holds %s, not encrypted", [credentials.phrase({"first": c, "more": 0})])
