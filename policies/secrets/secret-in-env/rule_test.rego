package policies.secrets["secret-in-env_test"]

import data.policies.secrets["secret-in-env"] as rule

_input(container) := {"containers": [{"type": "container", "path": ["spec", "containers", 0], "value": container}]}

test_key if {
	env := [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]
	some finding in rule.deny with input as _input({"name": "app", "env": env})
	finding.path == ["spec", "containers", 0, "env", 0, "valueFrom", "secretKeyRef"]
	finding.message == `container "app" reads key "password" of Secret "db" into variable "P"`
}

test_whole_secret if {
	some finding in rule.deny with input as _input({"name": "app", "envFrom": [{"secretRef": {"name": "db"}}]})
	finding.message == `container "app" reads all of Secret "db" into its environment`
}

test_other_sources_are_silent if {
	env := [{"name": "A", "value": "b"}, {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
	count(rule.deny) == 0 with input as _input({"name": "app", "env": env, "envFrom": [{"configMapRef": {"name": "c"}}]})
}

test_null if count(rule.deny) == 0 with input as _input({"name": "app", "env": null, "envFrom": null})
