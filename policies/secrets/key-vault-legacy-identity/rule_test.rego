package policies.secrets["key-vault-legacy-identity_test"]

import data.policies.secrets["key-vault-legacy-identity"] as rule

_class(parameters) := {"object": {"metadata": {"name": "v"}, "spec": {"provider": "azure", "parameters": parameters}}}

test_pod_identity if {
	some finding in rule.deny with input as _class({"usePodIdentity": "true"})
	finding.message == `SecretProviderClass "v" reaches Key Vault through AAD Pod Identity`
}

test_node_identity_is_a_note if {
	some finding in rule.deny with input as _class({"useVMManagedIdentity": true})
	finding.severity == "note"
}

test_workload_identity if {
	count(rule.deny) == 0 with input as _class({"usePodIdentity": "false", "clientID": "3f2504e0"})
}

test_no_parameters if count(rule.deny) == 0 with input as _class(null)

test_other_providers if {
	count(rule.deny) == 0 with input as {"object": {"spec": {"provider": "vault", "parameters": {"usePodIdentity": "true"}}}}
}

test_service_principal if {
	csi := {"driver": "secrets-store.csi.k8s.io", "nodePublishSecretRef": {"name": "sp"}}
	some finding in rule.deny with input as {"pod": {"path": ["spec"], "spec": {"volumes": [{"name": "kv", "csi": csi}]}}}
	finding.path == ["spec", "volumes", 0, "csi", "nodePublishSecretRef"]
}
