# METADATA
# title: Vault content copied into a Kubernetes Secret
# description: |
#   The field `secretObjects` makes the CSI driver copy what it reads from the vault into a
#   Kubernetes Secret. The copy can be read by everyone who may read Secrets, is in
#   etcd, and lives as long as a pod that mounts the class. In return pods can use
#   it in variables and start while the vault is away. Both are legitimate; this note
#   says which price is being paid.
# related_resources:
# - ref: https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret
# - ref: https://learn.microsoft.com/en-us/azure/aks/csi-secrets-store-driver
# custom:
#   severity: note
#   security_severity: 2.0
#   profile: strict
#   confidence: high
#   kinds: [SecretProviderClass]
#   remediation: |
#     Mount the volume and read the files; drop `secretObjects` where nothing needs the Secret.
#   since: 0.1.0
package policies.secrets["key-vault-synced-secret"]

import data.sekisho.lib

deny contains finding if {
	some copy in lib.items(lib.root, ["spec", "secretObjects"])
	finding := {
		"path": copy.path,
		"message": sprintf("SecretProviderClass %q copies vault content into Secret %q", [
			lib.object_name,
			object.get(copy.value, ["secretName"], ""),
		]),
	}
}
