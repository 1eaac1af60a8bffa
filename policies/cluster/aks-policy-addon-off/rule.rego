# METADATA
# title: Azure Policy add-on of the cluster is off
# description: |
#   The add-on installs Gatekeeper and brings the policies of the subscription into the
#   cluster, where they are enforced at admission. A check of manifests before they are
#   merged, like this one, does not see what is applied by hand; the add-on does. Both
#   together hold a rule.
# related_resources:
# - ref: https://learn.microsoft.com/azure/governance/policy/concepts/policy-for-kubernetes
# - ref: https://learn.microsoft.com/azure/aks/use-azure-policy
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
#   - {name: Azure Policy, section: "Azure Policy Add-on for Kubernetes service (AKS) should be installed and enabled on your clusters"}
#   - {name: Microsoft AKS baseline, section: Policy management}
#   remediation: |
#     Enable the add-on `azurepolicy` in `addonProfiles` (Azure Service Operator, Cluster API) or set `azurePolicyEnabled: true` (Crossplane).
#   since: 0.1.0
package policies.cluster["aks-policy-addon-off"]

import data.sekisho.aks

deny contains finding if {
	some addon in aks.fields("azurePolicy")
	not aks.on(addon.value)
	finding := {
		"path": addon.path,
		"message": sprintf("cluster %q does not have the Azure Policy add-on", [addon.cluster]),
	}
}
