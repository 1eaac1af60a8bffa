# METADATA
# title: Volume has a type the restricted level forbids
# description: |
#   The restricted Pod Security Standard allows the volume types that carry the
#   cluster's own data or go through a driver with access control: configMap, csi,
#   downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected and
#   secret. Other types put the address of the storage, and often its credentials,
#   into the pod, past whoever manages storage.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/concepts/storage/volumes/
# custom:
#   severity: warning
#   security_severity: 5.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: restricted, check: restrictedVolumes}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.12}
#   remediation: Use a persistentVolumeClaim or a csi volume for storage, an emptyDir for scratch space.
#   since: 0.1.0
package policies.pod["restricted-volume-type"]

import data.sekisho.lib

deny contains finding if {
	some volume in lib.items(lib.pod, ["volumes"])
	types := _types(volume.value)
	count(types & _allowed) == 0
	type := min(types)
	finding := {
		"path": lib.at(volume, [type]),
		"message": sprintf("volume %q has type %q", [lib.name(volume.value), type]),
	}
}

# The API server makes such a volume an emptyDir. Kubernetes' check, which reads the
# manifest as it is, refuses it.
deny contains finding if {
	some volume in lib.items(lib.pod, ["volumes"])
	count(_types(volume.value)) == 0
	finding := {
		"path": volume.path,
		"message": sprintf("volume %q has no type", [lib.name(volume.value)]),
		"fix": [{"op": "add", "path": lib.at(volume, ["emptyDir"]), "value": {}}],
	}
}

_types(volume) := {key | some key, value in volume; key != "name"; value != null}

_allowed := {
	"configMap",
	"csi",
	"downwardAPI",
	"emptyDir",
	"ephemeral",
	"image",
	"persistentVolumeClaim",
	"projected",
	"secret",
}
