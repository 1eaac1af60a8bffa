package policies.network["node-port-service_test"]

import data.policies.network["node-port-service"] as rule

test_node_port if {
	found := rule.deny with input as {"object": {"metadata": {"name": "web"}, "spec": {"type": "NodePort"}}}
	found == {{"path": ["spec", "type"], "message": `service "web" opens a port on every node`}}
}

test_no_spec if count(rule.deny) == 0 with input as {"object": {"metadata": {"name": "web"}}}
