# METADATA
# title: AKS clusters kept as manifests
# description: |
#   One view of a cluster and its node pools over the kinds that describe them:
#   Azure Service Operator (ManagedCluster, ManagedClustersAgentPool, and the same
#   inside AzureASOManaged… of Cluster API), Cluster API (AzureManagedControlPlane,
#   AzureManagedMachinePool and their templates) and Crossplane (KubernetesCluster,
#   KubernetesClusterNodePool). Field names were read from the CRDs of ASO
#   v1api20210501 to v20260501, CAPZ v1beta1, and provider-upjet-azure v1beta1 and
#   v1beta2, where blocks are lists in the older version and objects in the newer.
package sekisho.aks

import data.sekisho.lib

# fields("localAccounts") is the field of that meaning in each cluster of the
# object: [{"value", "path", "cluster", "flavour"}]. The value is null where the
# field is absent; a flavour that cannot say it has no entry, nor has a cluster in
# which AKS decides it.
fields(name) := [entry |
	some cluster in clusters
	node := field(cluster, name)
	entry := object.union(node, {"cluster": cluster.name, "flavour": cluster.flavour})
]

# field(cluster, name) is the same for one cluster: {"value", "path"}.
field(cluster, name) := _patched(cluster, name) if {
	_patched(cluster, name)
} else := _stated(cluster, name) if {
	_stated(cluster, name)
} else := {"value": null, "path": array.concat(cluster.path, _route(cluster.value, keys))} if {
	keys := _places[name][cluster.flavour][0]
	not _decided(cluster, name)
}

# on(field.value) is true for what switches a setting on: true, "true", a name, or
# a block that is there.
on(value) if value == true

on(value) if {
	is_string(value)
	not lower(value) in {"", "false", "none", "disabled"}
}

on(value) if is_object(value)

on(value) if {
	is_array(value)
	count(value) > 0
}

# enabled(cluster, "private") is on for the field of that meaning, and is(cluster,
# "dataplane", "cilium") compares it. Inside `not` they also hold for fields that a
# flavour does not have.
enabled(cluster, name) if on(field(cluster, name).value)

is(cluster, name, value) if field(cluster, name).value == value

# Where each setting stands; the first place is where it is missed.
_places := {
	"private": {
		"aso": [["apiServerAccessProfile", "enablePrivateCluster"]],
		"capz": [["apiServerAccessProfile", "enablePrivateCluster"]],
		"crossplane": [["privateClusterEnabled"]],
	},
	"publicAccess": {"aso": [["publicNetworkAccess"]]},
	"authorizedRanges": {
		"aso": [["apiServerAccessProfile", "authorizedIPRanges"]],
		"capz": [["apiServerAccessProfile", "authorizedIPRanges"]],
		"crossplane": [["apiServerAccessProfile", "authorizedIpRanges"], ["apiServerAuthorizedIpRanges"]],
	},
	"localAccountsDisabled": {
		"aso": [["disableLocalAccounts"]],
		"capz": [["disableLocalAccounts"]],
		"crossplane": [["localAccountDisabled"]],
	},
	"entra": {
		"aso": [["aadProfile", "managed"]],
		"capz": [["aadProfile", "managed"]],
		"crossplane": [["azureActiveDirectoryRoleBasedAccessControl", "managed"], ["azureActiveDirectoryRoleBasedAccessControl"]],
	},
	"azureRbac": {
		"aso": [["aadProfile", "enableAzureRBAC"]],
		"crossplane": [["azureActiveDirectoryRoleBasedAccessControl", "azureRbacEnabled"]],
	},
	"networkPolicy": {
		"aso": [["networkProfile", "networkPolicy"]],
		"capz": [["networkPolicy"]],
		"crossplane": [["networkProfile", "networkPolicy"]],
	},
	"networkPlugin": {
		"aso": [["networkProfile", "networkPlugin"]],
		"capz": [["networkPlugin"]],
		"crossplane": [["networkProfile", "networkPlugin"]],
	},
	"dataplane": {
		"aso": [["networkProfile", "networkDataplane"]],
		"capz": [["networkDataplane"]],
		"crossplane": [["networkProfile", "networkDataPlane"], ["networkProfile", "ebpfDataPlane"]],
	},
	"podIdentity": {"aso": [["podIdentityProfile", "enabled"]]},
	"podIdentityOnKubenet": {"aso": [["podIdentityProfile", "allowNetworkPluginKubenet"]]},
	"diskKey": {
		"aso": [["diskEncryptionSetReference"]],
		"crossplane": [["diskEncryptionSetId"], ["diskEncryptionSetIdRef"], ["diskEncryptionSetIdSelector"]],
	},
	"keyVaultProvider": {
		"aso": [["addonProfiles", "azureKeyvaultSecretsProvider", "enabled"]],
		"capz": [["addonProfiles", "azureKeyvaultSecretsProvider", "enabled"]],
		"crossplane": [["keyVaultSecretsProvider"]],
	},
	"secretRotation": {
		"aso": [["addonProfiles", "azureKeyvaultSecretsProvider", "config", "enableSecretRotation"]],
		"capz": [["addonProfiles", "azureKeyvaultSecretsProvider", "config", "enableSecretRotation"]],
		"crossplane": [["keyVaultSecretsProvider", "secretRotationEnabled"]],
	},
	"oidcIssuer": {
		"aso": [["oidcIssuerProfile", "enabled"]],
		"capz": [["oidcIssuerProfile", "enabled"]],
		"crossplane": [["oidcIssuerEnabled"]],
	},
	"workloadIdentity": {
		"aso": [["securityProfile", "workloadIdentity", "enabled"]],
		"capz": [["securityProfile", "workloadIdentity", "enabled"]],
		"crossplane": [["workloadIdentityEnabled"]],
	},
	"upgrade": {
		"aso": [["autoUpgradeProfile", "upgradeChannel"]],
		"capz": [["autoUpgradeProfile", "upgradeChannel"]],
		"crossplane": [["automaticUpgradeChannel"], ["automaticChannelUpgrade"]],
	},
	"fleet": {"capz": [["fleetsMember"]]},
	"nodeUpgrade": {
		"aso": [["autoUpgradeProfile", "nodeOSUpgradeChannel"]],
		"crossplane": [["nodeOsUpgradeChannel"], ["nodeOsChannelUpgrade"]],
	},
	"azurePolicy": {
		"aso": [["addonProfiles", "azurepolicy", "enabled"]],
		"capz": [["addonProfiles", "azurepolicy", "enabled"]],
		"crossplane": [["azurePolicyEnabled"]],
	},
	"defender": {
		"aso": [["securityProfile", "defender", "securityMonitoring", "enabled"]],
		"capz": [["securityProfile", "defender", "securityMonitoring", "enabled"]],
		"crossplane": [["microsoftDefender"]],
	},
	"containerInsights": {
		"aso": [["addonProfiles", "omsagent", "enabled"], ["azureMonitorProfile", "containerInsights", "enabled"]],
		"capz": [["addonProfiles", "omsagent", "enabled"]],
		"crossplane": [["omsAgent"]],
	},
	"metrics": {
		"aso": [["azureMonitorProfile", "metrics", "enabled"]],
		"crossplane": [["monitorMetrics"]],
	},
	"kms": {
		"aso": [["securityProfile", "azureKeyVaultKms", "enabled"]],
		"capz": [["securityProfile", "azureKeyVaultKms", "enabled"]],
		"crossplane": [["keyManagementService"]],
	},
	"version": {
		"aso": [["kubernetesVersion"]],
		"capz": [["version"]],
		"crossplane": [["kubernetesVersion"]],
	},
	"supportPlan": {
		"aso": [["supportPlan"]],
		"crossplane": [["supportPlan"]],
	},
	"poolVersion": {
		"aso": [["orchestratorVersion"]],
		"crossplane": [["orchestratorVersion"]],
	},
	"hostEncryption": {
		"aso": [["enableEncryptionAtHost"]],
		"capz": [["enableEncryptionAtHost"]],
		"crossplane": [["hostEncryptionEnabled"], ["enableHostEncryption"]],
	},
}

# What AKS Automatic sets by itself:
# https://learn.microsoft.com/azure/aks/intro-aks-automatic
_automatic := {
	"localAccountsDisabled", "entra", "azureRbac", "networkPolicy", "oidcIssuer", "workloadIdentity", "upgrade",
	"nodeUpgrade", "azurePolicy", "containerInsights", "metrics",
}

_decided(cluster, name) if {
	cluster.value.sku.name == "Automatic"
	name in _automatic
}

# The field where it is written.
_stated(cluster, name) := [node |
	some keys in _places[name][cluster.flavour]
	route := _route(cluster.value, keys)
	value := object.get(cluster.value, route, null)
	value != null
	node := {"value": value, "path": array.concat(cluster.path, route)}
][0]

# CAPZ lays merge patches over the ManagedCluster it makes, so they can say what its
# own fields cannot.
_patched(cluster, name) := {"value": value, "path": cluster.patches.path} if {
	some keys in _places[name].aso
	value := object.get(cluster.patches.value, _route(cluster.patches.value, keys), null)
	value != null
}

# The keys that lead to a place in this very value: add-ons are found by their names,
# whatever the case, in a mapping (ASO) or a list (CAPZ), and blocks may be lists of
# one (Crossplane v1beta1).
_route(value, keys) := array.concat(["addonProfiles", key], array.slice(keys, 2, count(keys))) if {
	keys[0] == "addonProfiles"
	key := [k | some k, addon in value.addonProfiles; lower(_addon(k, addon)) == lower(keys[1])][0]
} else := keys if {
	keys[0] == "addonProfiles"
} else := array.concat([keys[0], 0], array.slice(keys, 1, count(keys))) if {
	count(keys) > 1
	is_array(value[keys[0]])
} else := keys

_addon(key, _) := key if is_string(key)

_addon(key, addon) := addon.name if {
	is_number(key)
	is_string(addon.name)
}

# The clusters of the object: {"flavour", "name", "value", "path"}, with "patches" for
# those of CAPZ. The value is always an object.
clusters := [cluster |
	some resource in _resources
	kind := _kinds[resource.value.kind]
	kind.role == "cluster"
	cluster := _described(resource, kind)
]

# The node pools of the object, alike: pools with an object of their own, those in a
# list of their cluster (ASO), and the first pool of a cluster (Crossplane).
pools := array.concat(_own_pools, _listed_pools)

_own_pools := [pool |
	some resource in _resources
	kind := _kinds[resource.value.kind]
	kind.role == "pool"
	pool := _described(resource, kind)
]

_listed_pools := [pool |
	some cluster in clusters
	some node in array.concat(lib.items(cluster, ["agentPoolProfiles"]), _first_pool(cluster))
	is_object(node.value)
	pool := {"flavour": cluster.flavour, "name": lib.name(node.value), "value": node.value, "path": node.path}
]

_first_pool(cluster) := lib.items(cluster, ["defaultNodePool"]) if {
	is_array(cluster.value.defaultNodePool)
} else := [lib.child(cluster, ["defaultNodePool"])] if {
	lib.child(cluster, ["defaultNodePool"])
} else := []

# The objects that say what shall be: not those that only observe what is.
_resources := [resource |
	some resource in array.concat([lib.root], _embedded)
	some group in _groups[resource.value.kind]
	is_string(resource.value.apiVersion)
	startswith(resource.value.apiVersion, concat("", [group, "/"]))
	not resource.value.metadata.annotations["serviceoperator.azure.com/reconcile-policy"] == "skip"
	not resource.value.spec.managementPolicies == ["Observe"]
]

_embedded := array.concat(
	lib.items(lib.root, ["spec", "resources"]),
	lib.items(lib.root, ["spec", "template", "spec", "resources"]),
) if {
	input.object.kind in _holders
} else := []

_holders := {
	"AzureASOManagedControlPlane", "AzureASOManagedControlPlaneTemplate",
	"AzureASOManagedMachinePool", "AzureASOManagedMachinePoolTemplate",
}

_groups[kind] contains group if {
	some kind, description in _kinds
	some group in _owners[description.flavour]
}

_owners := {
	"aso": {"containerservice.azure.com"},
	"capz": {"infrastructure.cluster.x-k8s.io"},
	"crossplane": {"containerservice.azure.upbound.io", "containerservice.azure.m.upbound.io", "containerservice.azure.jet.crossplane.io"},
}

_kinds := {
	"ManagedCluster": {"flavour": "aso", "role": "cluster", "spec": ["spec"]},
	"ManagedClustersAgentPool": {"flavour": "aso", "role": "pool", "spec": ["spec"]},
	"AzureManagedControlPlane": {"flavour": "capz", "role": "cluster", "spec": ["spec"]},
	"AzureManagedControlPlaneTemplate": {"flavour": "capz", "role": "cluster", "spec": ["spec", "template", "spec"]},
	"AzureManagedMachinePool": {"flavour": "capz", "role": "pool", "spec": ["spec"]},
	"AzureManagedMachinePoolTemplate": {"flavour": "capz", "role": "pool", "spec": ["spec", "template", "spec"]},
	"KubernetesCluster": {"flavour": "crossplane", "role": "cluster", "spec": ["spec", "forProvider"]},
	"KubernetesClusterNodePool": {"flavour": "crossplane", "role": "pool", "spec": ["spec", "forProvider"]},
}

_described(resource, kind) := {
	"flavour": kind.flavour,
	"name": lib.name(resource.value.metadata),
	"value": _value(resource, kind),
	"path": array.concat(resource.path, kind.spec),
	"patches": _patches(resource, kind),
}

# Crossplane creates with initProvider too, and forProvider wins.
_value(resource, kind) := object.union(initial, value) if {
	kind.flavour == "crossplane"
	value := _object(resource, kind.spec)
	initial := _object(resource, ["spec", "initProvider"])
} else := _object(resource, kind.spec)

_object(resource, keys) := lib.child(resource, keys).value if {
	is_object(lib.child(resource, keys).value)
} else := {}

_patches(resource, kind) := {"path": array.concat(resource.path, keys), "value": object.union_n(specs)} if {
	kind.flavour == "capz"
	keys := array.concat(kind.spec, [_patch_fields[kind.role]])
	specs := [spec |
		some patch in lib.items(resource, keys)
		yaml.is_valid(patch.value)
		spec := yaml.unmarshal(patch.value).spec
		is_object(spec)
	]
} else := {"path": [], "value": {}}

_patch_fields := {"cluster": "asoManagedClusterPatches", "pool": "asoManagedClustersAgentPoolPatches"}
