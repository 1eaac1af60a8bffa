package policies.access["default-service-account-binding_test"]

import data.policies.access["default-service-account-binding"] as rule

_binding(role, subjects) := {
	"kind": "ClusterRoleBinding",
	"object": {
		"apiVersion": "rbac.authorization.k8s.io/v1",
		"kind": "ClusterRoleBinding",
		"metadata": {"name": "b"},
		"roleRef": {"kind": "ClusterRole", "name": role},
		"subjects": subjects,
	},
}

_messages := {finding.message | some finding in rule.deny}

test_account if {
	found := rule.deny with input as _binding("view", [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}])
	found == {{
		"path": ["subjects", 0, "name"],
		"message": `cluster role binding "b" gives "view" to the default service account`,
	}}
}

test_account_as_user if {
	count(_messages) == 1 with input as _binding("view", [{"kind": "User", "name": "system:serviceaccount:shop:default"}])
}

test_groups if {
	_messages == {`cluster role binding "b" gives "view" to every service account of the cluster`} with input as _binding(
		"view",
		[{"kind": "Group", "name": "system:serviceaccounts"}],
	)
	_messages == {`cluster role binding "b" gives "view" to every service account of namespace "shop"`} with input as _binding(
		"view",
		[{"kind": "Group", "name": "system:serviceaccounts:shop"}],
	)
}

test_shipped if {
	count(_messages) == 0 with input as _binding(
		"system:service-account-issuer-discovery",
		[{"kind": "Group", "name": "system:serviceaccounts"}],
	)
}

test_own_account if {
	count(_messages) == 0 with input as _binding("view", [{"kind": "ServiceAccount", "name": "app", "namespace": "default"}])
}
