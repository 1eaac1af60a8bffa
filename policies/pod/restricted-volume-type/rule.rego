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
#   - {name: Azure Policy, section: Kubernetes cluster pods should only use allowed volume types}
#   remediation: Use a persistentVolumeClaim or a csi volume for storage, an emptyDir for scratch space.
#   since: 0.1.0
package policies.pod["restricted-volume-type"]

import data.sekisho.lib

deny contains finding if {
	some i, volume in input.pod.spec.volumes
	some type in _forbidden
	volume[type] != null
	every allowed in _allowed {
		object.get(volume, allowed, null) == null
	}
	finding := {
		"path": lib.at(lib.pod, ["volumes", i, type]),
		"message": sprintf("volume %q has type %q", [lib.name(volume), type]),
	}
}

_allowed := [
	"configMap",
	"csi",
	"downwardAPI",
	"emptyDir",
	"ephemeral",
	"image",
	"persistentVolumeClaim",
	"projected",
	"secret",
]

# Every other type there is. A volume without any type becomes an emptyDir.
_forbidden := [
	"awsElasticBlockStore",
	"azureDisk",
	"azureFile",
	"cephfs",
	"cinder",
	"fc",
	"flexVolume",
	"flocker",
	"gcePersistentDisk",
	"gitRepo",
	"glusterfs",
	"hostPath",
	"iscsi",
	"nfs",
	"photonPersistentDisk",
	"portworxVolume",
	"quobyte",
	"rbd",
	"scaleIO",
	"storageos",
	"vsphereVolume",
]
