# METADATA
# title: Workload identity with a piece missing
# description: |
#   Microsoft Entra Workload ID needs two marks that agree: the label
#   `azure.workload.identity/use: "true"` on the pod, which makes the webhook add
#   the federated token, and the annotation `azure.workload.identity/client-id` on
#   its ServiceAccount, which says whose token. With one of them missing the pod
#   starts and then fails to log in to Azure, or falls back to the identity of
#   the node, which all pods there share. When the ServiceAccount is not part of
#   what was rendered, the rule can only warn.
# related_resources:
# - ref: https://learn.microsoft.com/en-us/azure/aks/workload-identity-overview
# - ref: https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html
# custom:
#   severity: error
#   security_severity: 5.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: Microsoft AKS baseline, section: "Integrate Microsoft Entra ID for the workload"}
#   remediation: |
#     Label the pod template `azure.workload.identity/use: "true"` and annotate its ServiceAccount with `azure.workload.identity/client-id`.
#   since: 0.1.0
package policies.secrets["workload-identity-incomplete"]

import data.sekisho.lib

_use := "azure.workload.identity/use"

_client_id := "azure.workload.identity/client-id"

_labelled if object.get(input.pod, ["meta", "labels", _use], "") == "true"

_account_name := name if {
	name := object.get(input.pod.spec, ["serviceAccountName"], "")
	is_string(name)
	name != ""
} else := object.get(input.pod.spec, ["serviceAccount"], "default")

_accounts := [account |
	some account in data.inventory.ServiceAccount[lib.namespace]
	lib.name(account.metadata) == _account_name
]

_annotated if {
	some account in _accounts
	object.get(account, ["metadata", "annotations", _client_id], "") != ""
}

_at_accounts(path) := [{"object": lib.identity(account), "path": path} | some account in _accounts]

_label_path := array.concat(input.pod.meta_path, ["labels", _use])

deny contains finding if {
	_labelled
	count(_accounts) > 0
	not _annotated
	finding := {
		"path": _label_path,
		"message": sprintf("pods ask for workload identity, but ServiceAccount %q has no annotation %q", [_account_name, _client_id]),
		"related": _at_accounts(["metadata", "annotations"]),
	}
}

deny contains finding if {
	_labelled
	count(_accounts) == 0
	finding := {
		"path": _label_path,
		"severity": "warning",
		"message": sprintf("pods ask for workload identity, but ServiceAccount %q is not here to show whose", [_account_name]),
	}
}

deny contains finding if {
	_annotated
	not _labelled
	finding := {
		"path": _label_path,
		"message": sprintf("ServiceAccount %q has a workload identity, but its pods lack the label %q: \"true\"", [_account_name, _use]),
		"related": _at_accounts(["metadata", "annotations", _client_id]),
	}
}
