# METADATA
# title: Microsoft Defender does not watch the cluster
# description: |
#   Defender for Containers reads the audit log of the API server and watches the nodes
#   for what runs on them: crypto miners, reverse shells, stolen tokens in use. Without
#   it an attack that came past every check of manifests is found late, if at all.
# related_resources:
# - ref: https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-introduction
# - ref: https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-enable
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: note
#   security_severity: 3.0
#   profile: default
#   confidence: high
#   kinds:
#   - ManagedCluster
#   - AzureManagedControlPlane
#   - AzureManagedControlPlaneTemplate
#   - AzureASOManagedControlPlane
#   - AzureASOManagedControlPlaneTemplate
#   - KubernetesCluster
#   standards:
#   - {name: Azure Policy, section: Azure Kubernetes Service clusters should have Defender profile enabled}
#   - {name: CIS AKS Benchmark v1.7, section: "5.1.1"}
#   remediation: |
#     Set `securityProfile.defender.securityMonitoring.enabled: true` with its Log Analytics workspace (Azure Service Operator, Cluster API) or add the block `microsoftDefender` (Crossplane).
#   since: 0.1.0
package policies.cluster["aks-defender-off"]

import data.sekisho.aks

deny contains finding if {
	some defender in aks.fields("defender")
	not aks.on(defender.value)
	finding := {
		"path": defender.path,
		"message": sprintf("cluster %q is not watched by Microsoft Defender", [defender.cluster]),
	}
}
