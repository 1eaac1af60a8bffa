package policies.network["mesh-mtls-permissive_test"]

import data.policies.network["mesh-mtls-permissive"] as rule

test_unset_inherits if {
	count(rule.deny) == 0 with input as {"kind": "PeerAuthentication", "object": {"spec": {"mtls": {"mode": "UNSET"}}}}
	count(rule.deny) == 0 with input as {"kind": "PeerAuthentication", "object": {"spec": {}}}
}

test_port_level if {
	some f in rule.deny with input as {
		"kind": "PeerAuthentication",
		"object": {"metadata": {"name": "db"}, "spec": {"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": "DISABLE"}}}},
	}
	f.path == ["spec", "portLevelMtls", "8080", "mode"]
}

test_a_server_of_another_group if {
	count(rule.deny) == 0 with input as {
		"kind": "Server",
		"object": {"apiVersion": "example.com/v1", "spec": {"accessPolicy": "all-unauthenticated"}},
	}
}
