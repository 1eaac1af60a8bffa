# METADATA
# title: Private key in a manifest
# description: |
#   Whoever can read the repository, its history or any copy of it can use the key:
#   impersonate the server, sign tokens, log in. Private keys in PEM, OpenSSH, PGP
#   and PuTTY form are found in every string of every object, in Secrets after
#   decoding base64, and in base64 elsewhere. Certificates and public keys are
#   silent, and so is what SOPS, Sealed Secrets or kubesec has encrypted, and what
#   a chart generates at install time. Of all rules about secrets this one speaks
#   first: a private key in a Secret or ConfigMap has this finding alone.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
# - ref: https://cwe.mitre.org/data/definitions/321.html
# custom:
#   severity: error
#   security_severity: 9.0
#   profile: default
#   confidence: high
#   kinds: [any]
#   standards:
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-321"}
#   remediation: |
#     Revoke the key, make a new one outside the repository (cert-manager, Azure Key Vault), and refer to the Secret that holds it.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["private-key-in-manifest"]

import data.sekisho.lib.credentials

deny contains finding if {
	some group in credentials.groups([c | some c in credentials.all; c.kind == "private-key"])
	finding := {
		"path": group.first.path,
		"message": sprintf("%s holds %s", [credentials.place(group.first), credentials.phrase(group)]),
	}
}
