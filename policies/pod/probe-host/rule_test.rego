package policies.pod["probe-host_test"]

import data.policies.pod["probe-host"] as rule

_container(value) := {"containers": [{
	"type": "container",
	"path": ["spec", "containers", 0],
	"value": object.union({"name": "app"}, value),
}]}

test_probe if {
	found := rule.deny with input as _container({"livenessProbe": {"httpGet": {"host": "10.0.0.1"}}})
		with data.kube.minor as 34
	found == {{
		"path": ["spec", "containers", 0, "livenessProbe", "httpGet", "host"],
		"message": `livenessProbe of container "app" calls host "10.0.0.1"`,
	}}
}

test_hook if {
	found := rule.deny with input as _container({"lifecycle": {"preStop": {"tcpSocket": {"host": "db"}}}})
		with data.kube.minor as 37
	{finding.message | some finding in found} == {`preStop of container "app" calls host "db"`}
}

# Even the loopback address is the node's: the kubelet makes the call.
test_loopback if {
	count(rule.deny) == 1 with input as _container({"readinessProbe": {"tcpSocket": {"host": "127.0.0.1"}}})
		with data.kube.minor as 37
}

test_before_1_34 if {
	count(rule.deny) == 0 with input as _container({"livenessProbe": {"httpGet": {"host": "10.0.0.1"}}})
		with data.kube.minor as 33
}

test_own_address if {
	count(rule.deny) == 0 with input as _container({"livenessProbe": {"httpGet": {"port": 80, "host": ""}}})
		with data.kube.minor as 37
	count(rule.deny) == 0 with input as _container({"livenessProbe": {"httpGet": {"host": null}}, "lifecycle": null})
		with data.kube.minor as 37
}
