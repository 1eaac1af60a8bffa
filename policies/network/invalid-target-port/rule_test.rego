package policies.network["invalid-target-port_test"]

import data.policies.network["invalid-target-port"] as rule

test_names_port_and_pods if {
	found := rule.deny with input as {
		"object": {"metadata": {"name": "web"}},
		"facts": {"references": {"target_ports": [{"path": ["spec", "ports", 0, "targetPort"], "port": "http", "protocol": "TCP", "pods": ["Deployment/web"]}]}},
	}
	found == {{
		"path": ["spec", "ports", 0, "targetPort"],
		"message": `target port http of service "web" is declared by no container of Deployment/web`,
	}}
}
