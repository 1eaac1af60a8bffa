# METADATA
# title: Plain Secret beside encrypted ones
# description: |
#   The same render keeps other secrets in SealedSecrets, SOPS, ExternalSecrets or
#   a SecretProviderClass, so there is a way to keep this one there too. A plain
#   Secret among them is mostly an oversight, and with many teams on a cluster
#   the exceptions are what decays a rule. Its values have findings of their own;
#   this one says that it breaks the custom of its neighbours. Secrets in which
#   nothing needs secrecy are silent.
# related_resources:
# - ref: https://github.com/bitnami-labs/sealed-secrets
# - ref: https://external-secrets.io/latest/
# - ref: https://getsops.io/docs/
# - ref: https://learn.microsoft.com/en-us/azure/aks/csi-secrets-store-driver
# custom:
#   severity: warning
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds: [Secret]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.4.2"}
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   remediation: |
#     Keep this Secret the way its neighbours are kept.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["plain-secret-beside-sealed"]

import data.sekisho.lib

_stores := [
	"SealedSecret",
	"ExternalSecret",
	"ClusterExternalSecret",
	"SecretProviderClass",
	"VaultStaticSecret",
	"SopsSecret",
]

# How the other secrets of the render are kept.
_customs contains kind if {
	some kind in _stores
	some objects in data.inventory[kind]
	count(objects) > 0
}

_customs contains "SOPS" if {
	some objects in data.inventory.Secret
	some other in objects
	other.sops
}

_needs_secrecy if {
	some c in object.get(input.facts, ["credentials"], [])
	c.where == "secret"
	not c.kind in {"plain", "placeholder"}
}

deny contains finding if {
	not input.facts.encryption
	_needs_secrecy
	count(_customs) > 0
	finding := {
		"path": ["kind"],
		"message": sprintf("Secret %q is plain, while other secrets here are kept with %s", [
			lib.object_name,
			concat(", ", sort(_customs)),
		]),
	}
}
