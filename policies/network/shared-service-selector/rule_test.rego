package policies.network["shared-service-selector_test"]

import data.policies.network["shared-service-selector"] as rule

test_names_the_first if {
	found := rule.deny with input as {
		"object": {"metadata": {"name": "copy"}},
		"facts": {"references": {"same_selector": [{"kind": "Service", "name": "web"}, {"kind": "Service", "name": "other"}]}},
	}
	found == {{
		"path": ["spec", "selector"],
		"message": `service "copy" selects the same pods and port as service "web"`,
		"related": [{"object": {"kind": "Service", "name": "web"}, "path": ["spec", "selector"]}],
	}}
}

test_none if count(rule.deny) == 0 with input as {"object": {}, "facts": {"references": {"same_selector": []}}}
