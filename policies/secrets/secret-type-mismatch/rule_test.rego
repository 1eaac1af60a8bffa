package policies.secrets["secret-type-mismatch_test"]

import data.policies.secrets["secret-type-mismatch"] as rule

_secret(type, entries) := {"object": {"metadata": {"name": "s"}, "type": type, "stringData": entries}, "facts": {}}

_messages(value) := {finding.message | some finding in rule.deny with input as value}

test_tls if {
	_messages(_secret("kubernetes.io/tls", {"tls.crt": "x"})) == {`Secret "s" has type "kubernetes.io/tls" and no key "tls.key"`}
	_messages(_secret("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""})) == set()
}

test_basic_auth if {
	_messages(_secret("kubernetes.io/basic-auth", {"password": "x"})) == set()
	count(_messages(_secret("kubernetes.io/basic-auth", {"pass": "x"}))) == 1
}

test_docker_config if {
	_messages(_secret("kubernetes.io/dockerconfigjson", {".dockerconfigjson": `{"auths": {}}`})) == set()
	_messages(_secret("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "[]"})) == {`Secret "s" has type "kubernetes.io/dockerconfigjson" and key ".dockerconfigjson" is no JSON object`}
	count(_messages(_secret("kubernetes.io/dockercfg", {".dockerconfigjson": "{}"}))) == 1
}

test_base64_is_decoded if {
	secret := {"object": {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": base64.encode("{}")}}, "facts": {}}
	_messages(secret) == set()
}

test_bootstrap_token if {
	_messages(_secret("bootstrap.kubernetes.io/token", {"token-id": "abc123", "token-secret": "0123456789abcdef"})) == set()
	count(_messages(_secret("bootstrap.kubernetes.io/token", {"token-id": "ABC", "token-secret": "0123456789abcdef"}))) == 1
}

test_service_account_token if {
	count(_messages(_secret("kubernetes.io/service-account-token", {}))) == 1
}

test_encrypted_values_are_not_looked_into if {
	secret := object.union(_secret("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "ENC[x]"}), {"facts": {"encryption": {"tool": "sops"}}})
	_messages(secret) == set()
}

test_opaque_and_own_types if {
	_messages(_secret("Opaque", {})) == set()
	_messages({"object": {"data": null}, "facts": {}}) == set()
	_messages(_secret("example.com/key", {})) == set()
}
