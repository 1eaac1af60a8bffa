package policies.network["duplicate-ingress-host_test"]

import data.policies.network["duplicate-ingress-host"] as rule

_ingress(namespace, name, path) := {
	"metadata": {"name": name, "namespace": namespace},
	"spec": {"rules": [{"host": "a.example.com", "http": {"paths": [{"path": path}]}}]},
}

_deny(me, other) := found if {
	found := rule.deny with input as {"object": me} with data.inventory as {"Ingress": {"x": [me, other]}}
}

test_one_of_two if {
	a := _ingress("shop", "a", "/")
	b := _ingress("shop", "b", "/")
	count(_deny(a, b)) == 0
	some f in _deny(b, a)
	f.message == `host "a.example.com" is also served by ingress "shop/a"`
}

test_own_paths if {
	count(_deny(_ingress("shop", "b", "/b"), _ingress("shop", "a", "/a"))) == 0
	count(_deny(_ingress("shop", "b", "/b"), _ingress("news", "a", "/a"))) == 1
}

test_other_class if {
	other := object.union(_ingress("shop", "a", "/"), {"spec": {"ingressClassName": "internal"}})
	count(_deny(_ingress("shop", "b", "/"), other)) == 0
}
