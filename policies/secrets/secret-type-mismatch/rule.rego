# METADATA
# title: Secret that does not hold what its type requires
# description: |
#   A built-in type promises keys: `kubernetes.io/tls` tls.crt and tls.key,
#   `kubernetes.io/ssh-auth` ssh-privatekey, and so on. The API server refuses a
#   Secret whose required keys are missing; a docker configuration that is not
#   JSON, or a bootstrap token of the wrong form, is noticed only when a pull or a
#   join fails. The rule states what Kubernetes' own validation and its consumers
#   expect. Values that are encrypted are not looked into, only their keys.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
# custom:
#   severity: error
#   security_severity: 3.0
#   profile: default
#   confidence: high
#   kinds: [Secret]
#   remediation: |
#     Add the keys the type requires, or use the type `Opaque`.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["secret-type-mismatch"]

import data.sekisho.lib

_type := object.get(input.object, ["type"], "Opaque")

# The values by key, decoded; null where that is not possible or they are encrypted.
_values := object.union(_decoded, _plain)

_plain := {key: _or_null(value) | some key, value in object.get(input.object, ["stringData"], {})}

_decoded := {key: _from_base64(value) | some key, value in object.get(input.object, ["data"], {})}

_or_null(value) := value if {
	is_string(value)
	not input.facts.encryption
} else := null

_from_base64(value) := base64.decode(value) if {
	not input.facts.encryption
	is_string(value)
	base64.is_valid(value)
} else := null

_has(key) if _ = _values[key]

deny contains finding if {
	some problem in _problems
	finding := {
		"path": ["type"],
		"message": sprintf("Secret %q has type %q and %s", [lib.object_name, _type, problem]),
	}
}

_required := {
	"kubernetes.io/tls": ["tls.crt", "tls.key"],
	"kubernetes.io/ssh-auth": ["ssh-privatekey"],
	"kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
	"kubernetes.io/dockercfg": [".dockercfg"],
	"bootstrap.kubernetes.io/token": ["token-id", "token-secret"],
}

_problems contains sprintf("no key %q", [key]) if {
	some key in _required[_type]
	not _has(key)
}

_problems contains `neither key "username" nor key "password"` if {
	_type == "kubernetes.io/basic-auth"
	not _has("username")
	not _has("password")
}

_problems contains `no annotation "kubernetes.io/service-account.name"` if {
	_type == "kubernetes.io/service-account-token"
	object.get(input.object, ["metadata", "annotations", "kubernetes.io/service-account.name"], "") == ""
}

_docker_keys := {
	"kubernetes.io/dockerconfigjson": ".dockerconfigjson",
	"kubernetes.io/dockercfg": ".dockercfg",
}

_problems contains sprintf("key %q is no JSON object", [key]) if {
	key := _docker_keys[_type]
	value := _values[key]
	is_string(value)
	not startswith(value, "{{")
	not _is_json_object(value)
}

_is_json_object(value) if {
	json.is_valid(value)
	is_object(json.unmarshal(value))
}

_token_forms := {"token-id": `^[a-z0-9]{6}$`, "token-secret": `^[a-z0-9]{16}$`}

_problems contains sprintf("key %q has not the form of a bootstrap token", [key]) if {
	_type == "bootstrap.kubernetes.io/token"
	some key, form in _token_forms
	value := _values[key]
	is_string(value)
	not regex.match(form, value)
}
