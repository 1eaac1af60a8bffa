package azure

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRun(t *testing.T) {
	const phase = "3a3a2a60-14c7-570b-14a4-fa42ad92f52a"
	complete := map[string]string{
		"TF_BUILD": "True", "BUILD_REPOSITORY_PROVIDER": "TfsGit",
		"SYSTEM_COLLECTIONURI": "https://dev.azure.com/shop/", "SYSTEM_TEAMPROJECTID": "11111111-1111-1111-1111-111111111111",
		"SYSTEM_DEFINITIONID": "7", "BUILD_DEFINITIONNAME": "gate", "BUILD_BUILDID": "42", "BUILD_SOURCEBRANCH": "refs/heads/main",
		"SYSTEM_PHASEID": phase, "SYSTEM_PHASENAME": "Scan",
	}
	const id = "azuredevops/pipeline/build/shop/11111111-1111-1111-1111-111111111111/7/" + phase + "/refs/heads/main/42"
	for name, tt := range map[string]struct {
		change map[string]string
		want   string
	}{
		"complete":                  {nil, id},
		"the older host":            {map[string]string{"SYSTEM_COLLECTIONURI": "https://shop.visualstudio.com/"}, id},
		"a server of one's own":     {map[string]string{"SYSTEM_COLLECTIONURI": "https://tfs.example.com/shop/"}, ""},
		"a repository of GitHub":    {map[string]string{"BUILD_REPOSITORY_PROVIDER": "GitHub"}, ""},
		"no pipeline":               {map[string]string{"TF_BUILD": ""}, ""},
		"a part of the id missing":  {map[string]string{"BUILD_BUILDID": ""}, ""},
		"a property's value unsaid": {map[string]string{"SYSTEM_PHASENAME": ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			env := maps.Clone(complete)
			maps.Copy(env, tt.change)
			got, properties := Run(func(key string) string { return env[key] })
			if got != tt.want {
				t.Errorf("id %q, want %q", got, tt.want)
			}
			var want map[string]string
			if tt.want != "" {
				want = map[string]string{
					"azuredevops/pipeline/build/buildDefinitionId": "7", "azuredevops/pipeline/build/buildDefinitionName": "gate",
					"azuredevops/pipeline/build/phaseId": phase, "azuredevops/pipeline/build/phaseName": "Scan",
				}
			}
			if diff := cmp.Diff(want, properties); diff != "" {
				t.Errorf("properties (-want +got):\n%s", diff)
			}
		})
	}
}
