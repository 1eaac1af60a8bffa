// Package azure speaks to Azure DevOps on behalf of a finished scan: it reads
// what a pipeline run says about itself and keeps the threads and the status
// of a pull request up to date. It hides the REST interface and its refusals;
// a refusal is an error in words a maintainer can act on and never changes a
// verdict.
package azure

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/internal/annotate"
)

// Environment is what a pipeline run says about itself.
type Environment struct {
	Collection  string // "https://dev.azure.com/org/"
	Project     string
	Repository  string // its id
	Provider    string // TfsGit for Azure Repos; others have no threads here
	PullRequest int    // 0 when the run is about none
	Base        string // the branch the pull request goes to; "" without one
	Commit      string // what is checked out
	Web         string // address of the repository for people
	Temp        string // the agent's folder for files of this job
	Fork        bool
	Name        string // of the pipeline and its job, for the status: two pipelines with a job each do not speak for one another
	Key         string
}

// Detect reads the environment of a pipeline run; nil outside of one.
func Detect(env func(string) string) *Environment {
	if !strings.EqualFold(env("TF_BUILD"), "true") {
		return nil
	}
	e := &Environment{
		Collection: env("SYSTEM_COLLECTIONURI"), Project: env("SYSTEM_TEAMPROJECT"),
		Repository: env("BUILD_REPOSITORY_ID"), Provider: env("BUILD_REPOSITORY_PROVIDER"),
		Base:   strings.TrimPrefix(env("SYSTEM_PULLREQUEST_TARGETBRANCH"), "refs/heads/"),
		Commit: env("BUILD_SOURCEVERSION"), Temp: env("AGENT_TEMPDIRECTORY"),
		Fork: strings.EqualFold(env("SYSTEM_PULLREQUEST_ISFORK"), "true"),
		Name: strings.Trim(env("BUILD_DEFINITIONNAME")+"/"+env("SYSTEM_JOBNAME"), "/"), Key: annotate.Key(env("SYSTEM_DEFINITIONID"), env("SYSTEM_JOBNAME")),
	}
	if n, err := strconv.Atoi(env("SYSTEM_PULLREQUEST_PULLREQUESTID")); err == nil {
		e.PullRequest = n
	}
	if u, err := url.Parse(env("BUILD_REPOSITORY_URI")); err == nil && u.Scheme == "https" {
		u.User = nil // "https://org@dev.azure.com/…"
		e.Web = u.String()
	}
	return e
}

// Link is the address of a line at the commit that is checked out; "" when the
// repository is not in Azure Repos.
func (e *Environment) Link(file string, first, last int) string {
	if e.Provider != "TfsGit" || e.Web == "" {
		return ""
	}
	return fmt.Sprintf("%s?path=%s&version=GC%s&line=%d&lineEnd=%d&lineStartColumn=1&lineEndColumn=1", e.Web, strings.ReplaceAll(url.QueryEscape("/"+file), "+", "%20"), e.Commit, first, max(first, last)+1)
}
