package policies.access["workload-can-take-over-cluster_test"]

import data.policies.access["workload-can-take-over-cluster"] as rule

_rule(group, resource, verb) := {"apiGroups": [group], "resources": [resource], "verbs": [verb]}

_pod(spec, namespace, rules) := {
	"pod": {"path": ["spec"], "spec": object.union({"serviceAccountName": "app"}, spec)},
	"facts": {"references": {
		"account": {"name": "app"},
		"grants": [{
			"kind": "ClusterRoleBinding", "binding": "b", "role_kind": "ClusterRole", "role": "r",
			"namespace": namespace, "rules": rules,
		}],
	}},
}

_messages := {finding.message | some finding in rule.deny}

test_everything if {
	found := rule.deny with input as _pod({}, "", [_rule("*", "*", "*")])
	found == {{
		"path": ["spec", "serviceAccountName"],
		"message": `pod may take over the cluster: service account "app" may do everything in every namespace (cluster role binding "b")`,
		"related": [
			{"object": {"kind": "ClusterRoleBinding", "namespace": "", "name": "b"}, "path": ["roleRef"]},
			{"object": {"kind": "ClusterRole", "namespace": "", "name": "r"}, "path": ["rules"]},
		],
	}}
}

test_each_way if {
	every needed in [
		["", "users", "impersonate"],
		["rbac.authorization.k8s.io", "clusterroles", "bind"],
		["", "nodes/proxy", "get"],
		["", "pods", "create"],
		["apps", "daemonsets", "patch"],
		["", "pods/exec", "create"],
		["", "serviceaccounts/token", "create"],
		["admissionregistration.k8s.io", "mutatingwebhookconfigurations", "update"],
	] {
		count(_messages) == 1 with input as _pod({}, "", [_rule(needed[0], needed[1], needed[2])])
	}
}

# Reading alone gives no token, and writing alone does not show it.
test_secrets_need_both if {
	count(_messages) == 0 with input as _pod({}, "", [_rule("", "secrets", "create")])
	count(_messages) == 0 with input as _pod({}, "", [_rule("", "secrets", "get")])
	count(_messages) == 1 with input as _pod({}, "", [_rule("", "secrets", "create"), _rule("", "secrets", "get")])
}

test_approval_needs_the_signer if {
	approval := _rule("certificates.k8s.io", "certificatesigningrequests/approval", "update")
	own := object.union(_rule("certificates.k8s.io", "signers", "approve"), {"resourceNames": ["example.com/own"]})
	count(_messages) == 0 with input as _pod({}, "", [approval, own])
	count(_messages) == 1 with input as _pod({}, "", [approval, _rule("certificates.k8s.io", "signers", "approve")])
}

test_scope if {
	count(_messages) == 1 with input as _pod({}, "kube-system", [_rule("", "pods", "create")])
	count(_messages) == 0 with input as _pod({}, "shop", [_rule("*", "*", "*")])
}

test_limited_to_names if {
	named := object.union(_rule("", "serviceaccounts/token", "create"), {"resourceNames": ["app"]})
	count(_messages) == 0 with input as _pod({}, "", [named])
}

test_without_token if {
	count(_messages) == 0 with input as _pod({"automountServiceAccountToken": false}, "", [_rule("*", "*", "*")])
	projected := [{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}]
	count(_messages) == 1 with input as _pod(
		{"automountServiceAccountToken": false, "volumes": projected},
		"",
		[_rule("*", "*", "*")],
	)
}

test_reading if {
	count(_messages) == 0 with input as _pod({}, "", [_rule("", "pods", "list"), _rule("apps", "deployments", "get")])
}

test_resource_wildcard if {
	_messages == {`pod may take over the cluster: service account "app" may use the kubelet's API (cluster role binding "b")`} with input as _pod(
		{},
		"",
		[_rule("*", "*", "get")],
	)
	count(_messages) == 0 with input as _pod({}, "", [_rule("example.com", "*", "*")])
}
