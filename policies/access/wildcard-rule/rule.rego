# METADATA
# title: Role has a wildcard
# description: |
#   A star stands for everything there is and everything that will be: resources that
#   an operator installs next year, subresources such as pods/exec, verbs such as
#   escalate. Nobody who wrote or reviewed the rule has seen what it allows. A star
#   that stands for the API group alone, with the resources listed, is a warning.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: error
#   security_severity: 7.0
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.3}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: List the verbs, resources and apiGroups that are needed.
#   since: 0.1.0
package policies.access["wildcard-rule"]

import data.sekisho.lib.rbac

deny contains object.union(finding, _severity(fields)) if {
	some i, rule in rbac.rules
	fields := [field | some field in ["resources", "verbs", "nonResourceURLs", "apiGroups"]; _star(rule, field)]
	count(fields) > 0
	finding := {
		"path": ["rules", i, fields[0], _index(rule, fields[0])],
		"message": sprintf("%s allows %s on %s%s", [
			rbac.title,
			_list(rule, "verbs", "every verb"),
			_target(rule),
			_groups(rule),
		]),
	}
}

_star(rule, field) if _index(rule, field) >= 0

# Where the star stands in the list.
_index(rule, field) := min([i | some i, value in rule[field]; value in {"*", "/*"}])

_severity(fields) := {"severity": "warning"} if fields == ["apiGroups"]

else := {}

_target(rule) := _list(rule, "resources", "every resource") if rule.resources

else := _list(rule, "nonResourceURLs", "every URL")

_groups(rule) := " of every API group" if _star(rule, "apiGroups")

else := ""

_list(rule, field, everything) := everything if _star(rule, field)

else := concat(", ", [sprintf("%v", [value]) | some value in rule[field]])
