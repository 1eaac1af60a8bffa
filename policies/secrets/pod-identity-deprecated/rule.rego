# METADATA
# title: AAD Pod Identity, which is no longer maintained
# description: |
#   AAD Pod Identity (AzureIdentity, AzureIdentityBinding, AzurePodIdentityException,
#   the label `aadpodidbinding`) was deprecated in 2022 and archived in 2023: no
#   fixes, no security updates. It catches requests to the metadata endpoint on
#   the node, which on kubenet a pod can subvert by ARP spoofing to pose as
#   another. Microsoft Entra Workload ID takes its place, with federated tokens and
#   no agent on the node.
# related_resources:
# - ref: https://learn.microsoft.com/en-us/azure/aks/use-azure-ad-pod-identity
# - ref: https://github.com/Azure/aad-pod-identity
# - ref: https://learn.microsoft.com/en-us/azure/aks/workload-identity-migrate-from-pod-identity
# custom:
#   severity: warning
#   security_severity: 6.0
#   profile: default
#   confidence: high
#   kinds: [AzureIdentity, AzureIdentityBinding, AzurePodIdentityException, workload]
#   standards:
#   - {name: Microsoft AKS baseline, section: "Integrate Microsoft Entra ID for the workload"}
#   remediation: |
#     Move to Workload ID: annotate the ServiceAccount with `azure.workload.identity/client-id`, label the pods `azure.workload.identity/use: "true"`, and federate the identity.
#   since: 0.1.0
package policies.secrets["pod-identity-deprecated"]

import data.sekisho.lib

deny contains finding if {
	input.kind in {"AzureIdentity", "AzureIdentityBinding", "AzurePodIdentityException"}
	finding := {
		"path": ["kind"],
		"message": sprintf("%s %q belongs to AAD Pod Identity, archived in 2023", [input.kind, lib.object_name]),
	}
}

deny contains finding if {
	binding := input.pod.meta.labels.aadpodidbinding
	finding := {
		"path": array.concat(input.pod.meta_path, ["labels", "aadpodidbinding"]),
		"message": sprintf("pods get an identity through AAD Pod Identity, archived in 2023 (aadpodidbinding %q)", [binding]),
	}
}
