package policies.secrets["encryption-at-rest-missing_test"]

import data.policies.secrets["encryption-at-rest-missing"] as rule

_input(resources, providers) := {"object": {"resources": [{"resources": resources, "providers": providers}]}}

_messages(resources, providers) := {finding.message |
	some finding in rule.deny with input as _input(resources, providers)
}

_kms(version) := {"kms": {"apiVersion": version, "name": "vault"}}

test_kms_v2_first if _messages(["secrets"], [_kms("v2"), {"identity": {}}]) == set()

test_kms_v1 if count(_messages(["secrets"], [_kms("v1")])) == 1

test_kms_without_version_is_v1 if count(_messages(["secrets"], [{"kms": {"name": "vault"}}])) == 1

test_identity_first if {
	_messages(["secrets"], [{"identity": {}}, _kms("v2")]) == {`provider "identity" comes first: secrets are written in plain text`}
}

test_key_in_the_file if {
	_messages(["secrets"], [{"aescbc": {"keys": []}}]) == {`the key of provider "aescbc" stands in plain text in this file`}
}

test_secrets_absent if _messages(["configmaps"], [_kms("v2")]) == {"secrets are not among the encrypted resources"}

test_wildcard if _messages(["*.*"], [_kms("v2")]) == set()

test_no_providers if _messages(["secrets"], []) == {"secrets have no provider that encrypts them"}

test_null if count(rule.deny) == 1 with input as {"object": {"resources": null}}
