# METADATA
# title: Key Vault reached with a legacy identity
# description: |
#   A SecretProviderClass with `usePodIdentity` needs AAD Pod Identity, which was
#   archived in 2023; a volume with `nodePublishSecretRef` keeps the password of a
#   service principal in a Kubernetes Secret, so that one long-lived secret guards
#   all others. `useVMManagedIdentity` needs no secret, but the identity belongs to
#   the node, and every pod on it can ask for its tokens: a note. Workload
#   identity (`clientID` with a federated ServiceAccount) has none of these.
# related_resources:
# - ref: https://learn.microsoft.com/en-us/azure/aks/csi-secrets-store-identity-access
# - ref: https://learn.microsoft.com/en-us/azure/aks/use-azure-ad-pod-identity
# - ref: https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/configurations/identity-access-modes/
# custom:
#   severity: warning
#   security_severity: 5.0
#   profile: default
#   confidence: high
#   kinds: [SecretProviderClass, workload]
#   standards:
#   - {name: Microsoft AKS baseline, section: Add secret management}
#   remediation: |
#     Use Microsoft Entra Workload ID: `clientID` in the SecretProviderClass and a ServiceAccount annotated with `azure.workload.identity/client-id`.
#   since: 0.1.0
package policies.secrets["key-vault-legacy-identity"]

import data.sekisho.lib

deny contains finding if {
	input.object.spec.provider == "azure"
	_true("usePodIdentity")
	finding := {
		"path": ["spec", "parameters", "usePodIdentity"],
		"message": sprintf("SecretProviderClass %q reaches Key Vault through AAD Pod Identity", [lib.object_name]),
	}
}

deny contains finding if {
	input.object.spec.provider == "azure"
	_true("useVMManagedIdentity")
	finding := {
		"path": ["spec", "parameters", "useVMManagedIdentity"],
		"severity": "note",
		"message": sprintf("SecretProviderClass %q reaches Key Vault with the identity of the node", [lib.object_name]),
	}
}

deny contains finding if {
	some volume in lib.items(lib.pod, ["volumes"])
	volume.value.csi.driver == "secrets-store.csi.k8s.io"
	ref := lib.child(volume, ["csi", "nodePublishSecretRef"])
	finding := {
		"path": ref.path,
		"message": sprintf("volume %q reaches its vault with the service principal in Secret %q", [
			lib.name(volume.value),
			lib.name(ref.value),
		]),
	}
}

# The provider reads strings; a YAML boolean is a common slip.
_true(field) if lower(sprintf("%v", [input.object.spec.parameters[field]])) == "true"
