# METADATA
# title: Disks of a storage class are encrypted with keys of the platform
# description: |
#   Cloud disks are always encrypted; the question is whose key it is. Without one named
#   in the StorageClass it is the platform's, or what the account or the cluster has as
#   its default (a disk encryption set of an AKS cluster holds for its volumes too). A
#   key of one's own can be rotated, watched and taken away. Judged are the disk drivers
#   of Azure, AWS and Google Cloud.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/azure-disk-customer-managed-keys
# - ref: https://learn.microsoft.com/azure/virtual-machines/disk-encryption
# - ref: https://kubernetes.io/docs/concepts/storage/storage-classes/
# custom:
#   severity: note
#   security_severity: 2.0
#   profile: strict
#   confidence: medium
#   kinds: [StorageClass]
#   standards:
#   - {name: Azure Policy, section: Both operating systems and data disks in Azure Kubernetes Service clusters should be encrypted by customer-managed keys}
#   remediation: |
#     Name the key in `parameters`: `diskEncryptionSetID` (Azure), `kmsKeyId` (AWS) or `disk-encryption-kms-key` (Google Cloud).
#   since: 0.1.0
package policies.cluster["disk-without-customer-key"]

import data.sekisho.lib

deny contains finding if {
	parameter := _parameters[input.object.provisioner]
	not _has(parameter)
	finding := {
		"path": ["parameters", parameter],
		"message": sprintf("storage class %q names no key of its own (%s)", [lib.object_name, parameter]),
	}
}

_parameters := {
	"disk.csi.azure.com": "diskEncryptionSetID",
	"kubernetes.io/azure-disk": "diskEncryptionSetID",
	"ebs.csi.aws.com": "kmsKeyId",
	"ebs.csi.eks.amazonaws.com": "kmsKeyId",
	"kubernetes.io/aws-ebs": "kmsKeyId",
	"pd.csi.storage.gke.io": "disk-encryption-kms-key",
}

# The drivers do not care for the case of a parameter's name.
_has(parameter) if {
	some key, value in input.object.parameters
	lower(key) == lower(parameter)
	not value in {null, ""}
}
