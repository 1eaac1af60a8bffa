# METADATA
# title: Secrets not encrypted at rest with a KMS
# description: |
#   The API server writes Secrets to etcd as they are unless an EncryptionConfiguration says otherwise,
#   and the first provider of the list is the one that writes: `identity` in
#   first place writes plain text. With aescbc, aesgcm or secretbox the key stands
#   in the configuration file on the control plane, beside what it protects;
#   with KMS v2 it stays in the vault. KMS v1 is off by default since Kubernetes
#   1.29.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
# - ref: https://kubernetes.io/docs/tasks/administer-cluster/kms-provider/
# custom:
#   severity: error
#   security_severity: 7.0
#   profile: default
#   confidence: high
#   kinds: [EncryptionConfiguration]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "1.2.28"}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Secrets}
#   remediation: |
#     List `secrets` with a `kms` provider of `apiVersion: v2` first; keep `identity` last, only for reading old data.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["encryption-at-rest-missing"]

import data.sekisho.lib

# The entries whose resources include secrets; the first one counts.
_entries := [entry |
	some entry in lib.items(lib.root, ["resources"])
	some resource in object.get(entry.value, ["resources"], [])
	resource in {"secrets", "*.", "*.*"}
]

deny contains finding if {
	count(_entries) == 0
	finding := {"path": ["resources"], "message": "secrets are not among the encrypted resources"}
}

deny contains finding if {
	first := lib.items(_entries[0], ["providers"])[0]
	some problem in _problems(first)
	finding := {"path": _place(first), "message": problem}
}

# The key itself, where one stands here.
_place(provider) := array.concat(provider.path, [name, "keys", 0, "secret"]) if {
	some name in ["aescbc", "aesgcm", "secretbox"]
	provider.value[name].keys[0].secret
} else := provider.path

_problems(provider) := {`provider "identity" comes first: secrets are written in plain text`} if {
	_names(provider).identity
} else := {sprintf("the key of provider %q stands in plain text in this file", [name])} if {
	some name in ["aescbc", "aesgcm", "secretbox"]
	_names(provider)[name]
} else := {`provider "kms" uses KMS v1, which is off by default since Kubernetes 1.29`} if {
	_names(provider).kms
	object.get(provider.value, ["kms", "apiVersion"], "v1") != "v2"
} else := set()

_names(provider) := {name | some name, _ in provider.value}

deny contains finding if {
	count(_entries) > 0
	count(lib.items(_entries[0], ["providers"])) == 0
	finding := {"path": lib.at(_entries[0], ["providers"]), "message": "secrets have no provider that encrypts them"}
}
