package policies.cluster["disk-without-customer-key_test"]

import data.policies.cluster["disk-without-customer-key"] as rule

_class(provisioner, parameters) := {"object": {"provisioner": provisioner, "parameters": parameters, "metadata": {"name": "fast"}}}

test_no_key if {
	found := rule.deny with input as _class("disk.csi.azure.com", {"skuName": "Premium_LRS"})
	{finding.path | some finding in found} == {["parameters", "diskEncryptionSetID"]}
	count(rule.deny) == 1 with input as _class("disk.csi.azure.com", null)
	count(rule.deny) == 1 with input as _class("ebs.csi.aws.com", {"encrypted": "true"})
	count(rule.deny) == 1 with input as _class("pd.csi.storage.gke.io", {"disk-encryption-kms-key": ""})
}

test_key if {
	count(rule.deny) == 0 with input as _class("disk.csi.azure.com", {"diskencryptionsetid": "/subscriptions/s"})
	count(rule.deny) == 0 with input as _class("ebs.csi.aws.com", {"kmsKeyId": "arn:aws:kms:x"})
	count(rule.deny) == 0 with input as _class("pd.csi.storage.gke.io", {"disk-encryption-kms-key": "projects/p"})
}

test_other_drivers if {
	count(rule.deny) == 0 with input as _class("file.csi.azure.com", {})
	count(rule.deny) == 0 with input as _class(null, {})
}
