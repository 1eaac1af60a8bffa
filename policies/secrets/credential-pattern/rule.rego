# METADATA
# title: Token of a known provider
# description: |
#   The string matches the form of a real provider's token: GitHub, GitLab, AWS,
#   Azure, Google, Slack, Stripe and some two hundred more. The patterns are those
#   of gitleaks. Unlike a password that nothing but its name gives away, such a
#   token is nearly always alive, and bots try tokens within minutes of a push.
#   Every string of every object is looked at, in Secrets after decoding base64.
#   Tokens that a provider publishes as examples (`AKIA…EXAMPLE`) are silent. This
#   rule speaks before the rules of the place: a token in a variable, ConfigMap or
#   Secret has this finding alone. A private key belongs to private-key-in-manifest.
# related_resources:
# - ref: https://github.com/gitleaks/gitleaks
# - ref: https://docs.github.com/en/code-security/secret-scanning/introduction/about-secret-scanning
# - ref: https://cwe.mitre.org/data/definitions/798.html
# custom:
#   severity: error
#   security_severity: 9.0
#   profile: default
#   confidence: high
#   kinds: [any]
#   standards:
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-798"}
#   remediation: |
#     Revoke the token at its provider first, then take it out of the repository: removing it alone leaves it in the history.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["credential-pattern"]

import data.sekisho.lib.credentials

deny contains finding if {
	some group in credentials.groups([c | some c in credentials.all; c.kind == "provider-token"])
	finding := {
		"path": group.first.path,
		"message": sprintf("%s holds %s", [credentials.place(group.first), credentials.phrase(group)]),
	}
}
