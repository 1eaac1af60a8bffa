package policies.api["duplicate-object_test"]

import data.policies.api["duplicate-object"] as rule

test_names_the_object if {
	found := rule.deny with input as {
		"kind": "ConfigMap",
		"object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}},
		"facts": {"references": {"duplicate": true}},
	}
	found == {{
		"path": ["metadata", "name"],
		"message": `ConfigMap "web" is defined a second time`,
		"related": [{
			"object": {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "", "name": "web"},
			"path": ["metadata", "name"],
		}],
	}}
}

test_without_references if count(rule.deny) == 0 with input as {"kind": "ConfigMap", "object": {}, "facts": {}}
