# METADATA
# title: Vault value read as a variable that a rotation does not reach
# description: |
#   The Secret that a variable refers to is synced from a vault by the CSI driver.
#   With rotation on, the driver updates mounted files and the Secret, but a
#   variable keeps the value of the moment its container started: after a
#   rotation the pod works with the old credential until somebody restarts it. A
#   reloader that restarts the workload closes the gap.
# related_resources:
# - ref: https://secrets-store-csi-driver.sigs.k8s.io/topics/secret-auto-rotation
# - ref: https://learn.microsoft.com/en-us/azure/aks/csi-secrets-store-configuration-options
# custom:
#   severity: warning
#   security_severity: 3.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: Microsoft AKS baseline, section: Add secret management}
#   remediation: |
#     Read the value from the mounted file, or let a reloader restart the workload when the Secret changes (`secret.reloader.stakater.com/reload`).
#   since: 0.1.0
package policies.secrets["key-vault-stale-env"]

import data.sekisho.lib

# The Secrets of this namespace that the driver syncs, with their class.
_synced[name] contains lib.name(class.metadata) if {
	some class in data.inventory.SecretProviderClass[lib.namespace]
	some copy in object.get(class, ["spec", "secretObjects"], [])
	name := copy.secretName
}

# Where a class says that it syncs a Secret.
_at_class(name, secret) := [{"object": lib.identity(class), "path": ["spec", "secretObjects", i, "secretName"]} |
	some class in data.inventory.SecretProviderClass[lib.namespace]
	lib.name(class.metadata) == name
	some i, copy in object.get(class, ["spec", "secretObjects"], [])
	copy.secretName == secret
]

_reloaded if {
	some annotations in [
		object.get(input.object, ["metadata", "annotations"], {}),
		object.get(input.pod, ["meta", "annotations"], {}),
	]
	some key, value in annotations
	contains(key, "reloader.stakater.com/")
	not value in {"false", "", null}
}

deny contains finding if {
	some reference in _references
	some class in _synced[reference.secret]
	not _reloaded
	finding := {
		"path": reference.path,
		"message": sprintf("%s reads Secret %q, synced by SecretProviderClass %q, into its environment: a rotation reaches it only after a restart", [
			reference.container,
			reference.secret,
			class,
		]),
		"related": _at_class(class, reference.secret),
	}
}

_references contains reference if {
	some container in input.containers
	some variable in lib.items(container, ["env"])
	ref := lib.child(variable, ["valueFrom", "secretKeyRef"])
	reference := {"container": lib.title(container), "secret": lib.name(ref.value), "path": ref.path}
}

_references contains reference if {
	some container in input.containers
	some source in lib.items(container, ["envFrom"])
	ref := lib.child(source, ["secretRef"])
	reference := {"container": lib.title(container), "secret": lib.name(ref.value), "path": ref.path}
}
