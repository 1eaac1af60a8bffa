package policies.network["open-ingress-rule_test"]

import data.policies.network["open-ingress-rule"] as rule

_policy(direction) := {
	"object": {"metadata": {"name": "web"}},
	"facts": {"network": {"open": [{"direction": direction, "path": ["spec", "x", 0], "allows": "0.0.0.0/0", "related": []}]}},
}

test_names_what_is_allowed if {
	found := rule.deny with input as _policy("ingress")
	found == {{"path": ["spec", "x", 0], "message": `ingress rule of policy "web" allows 0.0.0.0/0`, "related": []}}
}

test_other_direction_is_another_rule if {
	count(rule.deny) == 0 with input as _policy("egress")
}
