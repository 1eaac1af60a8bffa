# METADATA
# title: secretGenerator made from plain text
# description: |
#   The secretGenerator of kustomize turns literals, env files and other files into a
#   Secret, and what it reads stands beside kustomization.yaml in the repository.
#   The Secret that comes out looks generated; its values are as public as the
#   repository. A placeholder or a password that anyone would guess is a warning.
#   Files encrypted by SOPS are silent. Private keys and providers' tokens have
#   rules of their own.
# related_resources:
# - ref: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/secretgenerator/
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# - ref: https://getsops.io/docs/
# custom:
#   severity: error
#   security_severity: 8.5
#   profile: default
#   confidence: high
#   kinds: [Secret]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.4.2"}
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-312"}
#   remediation: |
#     Generate from a file that SOPS has encrypted (KSOPS) or that is not committed, or take the Secret from an external store.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["secret-generator-literal"]

import data.sekisho.lib.credentials

deny contains finding if {
	some c in credentials.all
	c.where == "secret"
	source := input.facts.generator[c.key]
	severity := _severity[c.kind]
	finding := {
		"path": c.path,
		"severity": severity,
		"message": sprintf("%s comes from %s of a secretGenerator: %s", [
			credentials.place(c),
			_source(source),
			credentials.phrase({"first": c, "more": 0}),
		]),
	}
}

_source(source) := sprintf("the file %q", [source.file]) if {
	source.file != ""
} else := "a literal"

_severity := {
	"credential": "error",
	"connection-string": "error",
	"random": "error",
	"opaque": "error",
	"guessable": "warning",
	"placeholder": "warning",
}
