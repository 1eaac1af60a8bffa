package azure

import (
	"net/url"
	"strings"
)

// runPrefix begins the identity of a run and the names of its properties.
const runPrefix = "azuredevops/pipeline/build/"

// Run is how Azure's code scanning recognises the pipeline run that a SARIF
// file came from: the id and the properties of its automationDetails. It drops
// a file that names another run, or half of one. The id is empty outside of a
// pipeline, for a repository that is not in Azure Repos (its alerts go to
// another host), on a server without the service, and when a variable is missing.
func Run(env func(string) string) (id string, properties map[string]string) {
	if !strings.EqualFold(env("TF_BUILD"), "true") || env("BUILD_REPOSITORY_PROVIDER") != "TfsGit" {
		return "", nil
	}
	properties = map[string]string{
		"buildDefinitionId": env("SYSTEM_DEFINITIONID"), "buildDefinitionName": env("BUILD_DEFINITIONNAME"),
		"phaseId": env("SYSTEM_PHASEID"), "phaseName": env("SYSTEM_PHASENAME"),
	}
	parts := []string{
		organization(env("SYSTEM_COLLECTIONURI")), env("SYSTEM_TEAMPROJECTID"), env("SYSTEM_DEFINITIONID"),
		env("SYSTEM_PHASEID"), env("BUILD_SOURCEBRANCH"), env("BUILD_BUILDID"),
	}
	for _, part := range parts {
		if part == "" {
			return "", nil
		}
	}
	named := map[string]string{}
	for name, value := range properties {
		if value == "" {
			return "", nil
		}
		named[runPrefix+name] = value
	}
	return runPrefix + strings.Join(parts, "/"), named
}

// organization is "org" of https://dev.azure.com/org/ and of the older
// https://org.visualstudio.com/; "" for a server of one's own.
func organization(collection string) string {
	u, err := url.Parse(collection)
	if err != nil {
		return ""
	}
	if org, ok := strings.CutSuffix(u.Hostname(), ".visualstudio.com"); ok {
		return org
	}
	if u.Hostname() != "dev.azure.com" {
		return ""
	}
	org, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	return org
}
