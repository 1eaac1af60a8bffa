package policies.pod["interactive-container_test"]

import data.policies.pod["interactive-container"] as rule

_container(type, value) := {"containers": [{
	"type": type,
	"path": ["spec", "containers", 0],
	"value": object.union({"name": "app"}, value),
}]}

test_one_finding_for_both if {
	found := rule.deny with input as _container("container", {"stdin": true, "tty": true})
	found == {{
		"path": ["spec", "containers", 0, "stdin"],
		"message": `container "app" is interactive: it sets stdin and tty`,
	}}
}

test_tty if {
	found := rule.deny with input as _container("container", {"tty": true, "stdin": false})
	{finding.path | some finding in found} == {["spec", "containers", 0, "tty"]}
}

# Debugging is what ephemeral containers are for.
test_ephemeral if {
	count(rule.deny) == 0 with input as _container("ephemeral", {"stdin": true})
}

test_absent if {
	count(rule.deny) == 0 with input as _container("container", {"stdin": null})
}
