package policies.access["csr-approval_test"]

import data.policies.access["csr-approval"] as rule

_role(rules) := {
	"kind": "ClusterRole",
	"object": {
		"apiVersion": "rbac.authorization.k8s.io/v1",
		"kind": "ClusterRole",
		"metadata": {"name": "r"},
		"rules": rules,
	},
}

_rule(group, resource, verb) := {"apiGroups": [group], "resources": [resource], "verbs": [verb]}

_approval := _rule("certificates.k8s.io", "certificatesigningrequests/approval", "update")

_signers(names) := object.union(_rule("certificates.k8s.io", "signers", "approve"), {"resourceNames": names})

test_approve if {
	found := rule.deny with input as _role([_approval])
	found == {{
		"path": ["rules", 0, "resources", 0],
		"message": `cluster role "r" allows update on certificatesigningrequests/approval`,
	}}
}

test_signers_of_kubernetes if {
	count(rule.deny) == 1 with input as _role([_approval, _signers(["kubernetes.io/kube-apiserver-client"])])
	count(rule.deny) == 1 with input as _role([_approval, _signers(["example.com/own", "kubernetes.io/kubelet-serving"])])
	count(rule.deny) == 1 with input as _role([_approval, _signers([])])
}

test_own_signer if {
	count(rule.deny) == 0 with input as _role([_approval, _signers(["example.com/*"])])
}

test_requesting_is_harmless if {
	count(rule.deny) == 0 with input as _role([_rule("certificates.k8s.io", "certificatesigningrequests", "create")])
}
