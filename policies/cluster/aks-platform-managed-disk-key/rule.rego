# METADATA
# title: Disks of the cluster are encrypted with keys of the platform
# description: |
#   Azure encrypts every disk with keys that Microsoft manages. With a disk encryption
#   set the keys lie in a Key Vault of one's own: they can be rotated, their use is
#   logged, and taking them away makes the disks unreadable. Some rules of compliance
#   ask for that. It can only be chosen when the cluster is created.
#   AzureManagedControlPlane has no field for it; the rule hears it there through
#   `asoManagedClusterPatches`.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/azure-disk-customer-managed-keys
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: note
#   security_severity: 2.5
#   profile: strict
#   confidence: high
#   kinds:
#   - ManagedCluster
#   - AzureManagedControlPlane
#   - AzureManagedControlPlaneTemplate
#   - AzureASOManagedControlPlane
#   - AzureASOManagedControlPlaneTemplate
#   - KubernetesCluster
#   standards:
#   - {name: Azure Policy, section: Both operating systems and data disks in Azure Kubernetes Service clusters should be encrypted by customer-managed keys}
#   remediation: |
#     Create the cluster with `diskEncryptionSetReference` (Azure Service Operator) or `diskEncryptionSetId` (Crossplane).
#   since: 0.1.0
package policies.cluster["aks-platform-managed-disk-key"]

import data.sekisho.aks

deny contains finding if {
	some key in aks.fields("diskKey")
	not aks.on(key.value)
	finding := {
		"path": key.path,
		"message": sprintf("cluster %q encrypts its disks with keys of the platform", [key.cluster]),
	}
}
