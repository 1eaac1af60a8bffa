# METADATA
# title: Pod that cannot start while its vault is away
# description: |
#   A volume of the Secrets Store CSI driver is filled when the pod starts: while
#   Key Vault cannot be reached, is throttled or denies access, the pod stays in
#   ContainerCreating, also when a node fails and the pod only moves. In return
#   nothing lies in etcd. Teams that must not trade availability sync the content
#   into a Secret instead. Both are legitimate; this note says which price is being
#   paid.
# related_resources:
# - ref: https://secrets-store-csi-driver.sigs.k8s.io/
# - ref: https://learn.microsoft.com/en-us/azure/aks/csi-secrets-store-driver
# custom:
#   severity: note
#   security_severity: 1.0
#   profile: strict
#   confidence: high
#   kinds: [workload]
#   remediation: |
#     Keep it where the vault's availability is enough, and plan for its absence; else sync with an operator that leaves the last known Secret in place.
#   since: 0.1.0
package policies.secrets["key-vault-start-dependency"]

import data.sekisho.lib

deny contains finding if {
	some volume in lib.items(lib.pod, ["volumes"])
	csi := lib.child(volume, ["csi"])
	csi.value.driver == "secrets-store.csi.k8s.io"
	class := object.get(csi.value, ["volumeAttributes", "secretProviderClass"], "")
	not _another_provider(class)
	finding := {
		"path": csi.path,
		"message": sprintf("volume %q of SecretProviderClass %q must be filled from its vault before the pod can start", [
			lib.name(volume.value),
			class,
		]),
		"related": [{"object": {"kind": "SecretProviderClass", "namespace": lib.namespace, "name": class}, "path": ["metadata", "name"]}],
	}
}

# Known to be no Azure Key Vault.
_another_provider(name) if {
	some class in data.inventory.SecretProviderClass[lib.namespace]
	lib.name(class.metadata) == name
	object.get(class, ["spec", "provider"], "azure") != "azure"
}
