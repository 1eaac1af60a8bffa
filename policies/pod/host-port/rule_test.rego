package policies.pod["host-port_test"]

import data.policies.pod["host-port"] as rule

_ports(ports) := {"containers": [{
	"type": "container",
	"path": ["spec", "containers", 0],
	"value": {"name": "app", "ports": ports},
}]}

test_each_port if {
	found := rule.deny with input as _ports([{"hostPort": 80}, {"containerPort": 81}, {"hostPort": 443}])
	{finding.path[4] | some finding in found} == {0, 2}
	{finding.message | some finding in found} == {
		`container "app" opens port 80 of the node`,
		`container "app" opens port 443 of the node`,
	}
}

# 0 asks for no host port.
test_zero if {
	count(rule.deny) == 0 with input as _ports([{"containerPort": 80, "hostPort": 0}])
}

test_absent if {
	count(rule.deny) == 0 with input as _ports(null)
	count(rule.deny) == 0 with input as _ports([{"hostPort": null}])
}
