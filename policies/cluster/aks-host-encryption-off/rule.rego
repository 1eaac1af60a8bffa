# METADATA
# title: Nodes are not encrypted at host
# description: |
#   The disks of a node are encrypted at rest, but its temporary disk and the caches of
#   its disks are not. They hold images, logs, emptyDir volumes and swapped memory.
#   Encryption at host covers them, and the way from the host to the storage. Azure Disk
#   Encryption inside the guest is no way out: AKS nodes do not support it. The VM size
#   must support encryption at host.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/enable-host-encryption
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: warning
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds:
#   - ManagedCluster
#   - AzureManagedControlPlane
#   - AzureManagedControlPlaneTemplate
#   - AzureASOManagedControlPlane
#   - AzureASOManagedControlPlaneTemplate
#   - KubernetesCluster
#   - ManagedClustersAgentPool
#   - AzureManagedMachinePool
#   - AzureManagedMachinePoolTemplate
#   - AzureASOManagedMachinePool
#   - AzureASOManagedMachinePoolTemplate
#   - KubernetesClusterNodePool
#   standards:
#   - {name: Azure Policy, section: Temp disks and cache for agent node pools in Azure Kubernetes Service clusters should be encrypted at host}
#   remediation: |
#     Set `enableEncryptionAtHost: true` on each pool (Azure Service Operator, Cluster API) or `hostEncryptionEnabled: true` in `defaultNodePool` and in each KubernetesClusterNodePool (Crossplane).
#   since: 0.1.0
package policies.cluster["aks-host-encryption-off"]

import data.sekisho.aks

deny contains finding if {
	some pool in aks.pools
	encryption := aks.field(pool, "hostEncryption")
	not aks.on(encryption.value)
	finding := {
		"path": encryption.path,
		"message": sprintf("node pool %q is not encrypted at host", [pool.name]),
	}
}
