# METADATA
# title: Secret with its values in the repository
# description: |
#   A Secret is base64, which anyone can decode: a value that stands in a raw
#   manifest or a template is readable by everyone who can read the repository, now
#   and in its history. Every non-empty value counts. A placeholder or a password
#   that anyone would guess is a warning, since it is either replaced before it
#   is used or worthless. A Secret that holds only user names, hosts and files in
#   which nothing looks like a credential is one note. Silent are values encrypted by SOPS, Sealed Secrets or
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
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Secrets}
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-312"}
#   remediation: |
#     Keep the value in an external store (SecretProviderClass, ExternalSecret) or encrypt it before committing (SOPS, SealedSecret), and replace the value that was committed.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["secret-committed"]

import data.sekisho.lib.credentials

deny contains finding if {
	some c in credentials.all
	c.where == "secret"
	severity := _severity[c.kind]
	not _of_other_rule(c)
	finding := {
		"path": c.path,
		"severity": severity,
		"message": sprintf("%s %s", [credentials.place(c), _says(c)]),
	}
}

# What nobody could log in with is said once for the Secret.
deny contains finding if {
	count(_plain) > 0
	every c in credentials.all {
		_is_plain(c)
	}
	finding := {
		"path": _plain[0].path,
		"severity": "note",
		"message": sprintf("Secret %q is not encrypted; nothing in it looks like a credential: %s", [
			object.get(input.object, ["metadata", "name"], ""),
			concat(", ", [sprintf("%q", [c.key]) | some c in _plain]),
		]),
	}
}

_plain := [c | some c in credentials.all; _is_plain(c)]

_is_plain(c) if {
	c.where == "secret"
	c.kind == "plain"
}

_severity := {
	"credential": "error",
	"connection-string": "error",
	"random": "error",
	"opaque": "error",
	"guessable": "warning",
	"placeholder": "warning",
}

_of_other_rule(c) if c.default_of

_of_other_rule(c) if input.facts.generator[c.key]

_says(c) := sprintf("holds a placeholder, not encrypted: %s", [c.shown]) if {
	c.kind == "placeholder"
} else := sprintf("holds %s, not encrypted", [credentials.phrase({"first": c, "more": 0})])
