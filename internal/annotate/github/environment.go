// Package github speaks to GitHub on behalf of a finished scan: it reads what
// a workflow run says about itself, writes the files a step hands to the
// runner (outputs, summary), and keeps one review of a pull request up to
// date. It hides the REST interface, its paging and its refusals; a refusal is
// an error in words a maintainer can act on and never changes a verdict.
package github

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/sekisho/sekisho/internal/annotate"
)

// Environment is what a workflow run says about itself.
type Environment struct {
	API         string // REST endpoint, "https://api.github.com"
	Server      string // "https://github.com"
	Owner, Repo string
	Event       string
	Commit      string // what is checked out: for a pull request its merge with the base
	PullRequest int    // 0 when the event has none
	Base, Head  string // commits of the change; "" when the event is about none
	Fork        bool   // the change comes from another repository
	Key         string
}

// payload is the part of an event that is read. Merge groups have no pull
// request: they carry base and head themselves.
type payload struct {
	PullRequest *struct {
		Number     int
		Base, Head struct {
			SHA  string `json:"sha"`
			Repo *struct {
				FullName string `json:"full_name"`
			}
		}
	} `json:"pull_request"`
	MergeGroup *struct {
		BaseSHA string `json:"base_sha"`
		HeadSHA string `json:"head_sha"`
	} `json:"merge_group"`
}

// Detect reads the environment of a workflow run; nil outside of one.
func Detect(env func(string) string) (*Environment, error) {
	if env("GITHUB_ACTIONS") != "true" {
		return nil, nil
	}
	e := &Environment{
		API: env("GITHUB_API_URL"), Server: env("GITHUB_SERVER_URL"), Event: env("GITHUB_EVENT_NAME"), Commit: env("GITHUB_SHA"),
		Key: annotate.Key(env("GITHUB_WORKFLOW"), env("GITHUB_JOB")),
	}
	e.Owner, e.Repo, _ = strings.Cut(env("GITHUB_REPOSITORY"), "/")
	file := env("GITHUB_EVENT_PATH")
	if file == "" {
		return e, nil
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	var p payload
	if err := json.Unmarshal(src, &p); err != nil {
		return nil, fmt.Errorf("read the event %s: %w", file, err)
	}
	switch {
	case p.PullRequest != nil:
		pr := p.PullRequest
		e.PullRequest, e.Base, e.Head = pr.Number, pr.Base.SHA, pr.Head.SHA
		// The fork of a closed pull request may be gone: its repo is null.
		e.Fork = pr.Head.Repo == nil || pr.Base.Repo != nil && pr.Head.Repo.FullName != pr.Base.Repo.FullName
	case p.MergeGroup != nil:
		e.Base, e.Head = p.MergeGroup.BaseSHA, p.MergeGroup.HeadSHA
	}
	return e, nil
}

// Link is the address of a line at the commit that is checked out.
func (e *Environment) Link(file string, first, last int) string {
	segments := strings.Split(file, "/")
	for i, s := range segments {
		segments[i] = strings.NewReplacer("(", "%28", ")", "%29").Replace(url.PathEscape(s))
	}
	link := fmt.Sprintf("%s/%s/%s/blob/%s/%s#L%d", e.Server, e.Owner, e.Repo, e.Commit, strings.Join(segments, "/"), first)
	if last > first {
		link += fmt.Sprintf("-L%d", last)
	}
	return link
}

// Output is one output of a step.
type Output struct{ Name, Value string }

// WriteOutputs hands outputs to the runner through the file GITHUB_OUTPUT
// names. The delimiter is random, so that no value can end itself and begin
// another output.
func WriteOutputs(file string, outputs []Output) error {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	delimiter := "sekisho_" + hex.EncodeToString(random[:])
	var b strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.Name, delimiter, o.Value, delimiter)
	}
	return appendTo(file, b.String())
}

// WriteSummary adds Markdown to the summary of the step, the file
// GITHUB_STEP_SUMMARY names.
func WriteSummary(file, markdown string) error { return appendTo(file, markdown) }

func appendTo(file, text string) (err error) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	_, err = f.WriteString(text)
	return err
}
