package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/location"

	"github.com/sekisho/sekisho/internal/annotate"
)

// maxThreads bounds the open threads of a pull request. More is not read; the
// summary has the rest.
const maxThreads = 30

// Client posts to one pull request.
type Client struct {
	git      git.Client
	location location.Client
	env      *Environment
}

// NewClient returns a client for the pull request of a run. The transport is
// for tests; nil is the real one.
func NewClient(env *Environment, token string, transport http.RoundTripper) *Client {
	if transport == nil {
		transport = &annotate.Retry{}
	}
	connection := &azuredevops.Connection{AuthorizationString: "Bearer " + token, BaseUrl: env.Collection, SuppressFedAuthRedirect: true}
	client := azuredevops.NewClientWithOptions(connection, env.Collection,
		azuredevops.WithHTTPClient(&http.Client{Transport: transport, Timeout: 2 * time.Minute}))
	return &Client{git: &git.ClientImpl{Client: *client}, location: &location.ClientImpl{Client: *client}, env: env}
}

// thread is a thread of ours that stands in the pull request.
type thread struct {
	id, comment int
	status      git.CommentThreadStatus
	body        string
	at          annotate.Place
}

// holds tells whether a thread stands where a suggestion has to.
func (t thread) holds(s *annotate.Suggestion) bool {
	return s != nil && t.at.File == s.File && t.at.First == s.First && t.at.Last == s.Last
}

// opens tells whether a thread is open once its finding is found again.
func (t thread) opens() bool {
	s := git.CommentThreadStatusValues
	return t.status == s.Active || t.status == s.Fixed
}

// Post brings the pull request up to date: threads of earlier runs are kept,
// changed, or set to fixed, new ones are begun, one thread holds the summary
// and one status the verdict. What was done before an error stays.
func (c *Client) Post(ctx context.Context, r annotate.Review) (annotate.Posted, error) {
	var posted annotate.Posted
	if c.env.Provider != "TfsGit" {
		return posted, fmt.Errorf("the repository is not in Azure Repos but in %s: its pull requests have no threads here", c.env.Provider)
	}
	earlier, err := c.threads(ctx, r.Key)
	if err != nil {
		return posted, explain("list the threads", err)
	}
	if err := c.postRemarks(ctx, r, earlier, &posted); err != nil {
		return posted, err
	}
	if err := c.postSummary(ctx, r, earlier); err != nil {
		return posted, err
	}
	return posted, c.postStatus(ctx, r)
}

// summaryKey is where threads keeps the thread of the summary; fingerprints
// are hex digits.
const summaryKey = "-"

// threads reads our threads, by fingerprint. Everybody can write our mark, so
// only threads the token itself began are ours.
func (c *Client) threads(ctx context.Context, key string) (map[string]thread, error) {
	who, err := c.location.GetConnectionData(ctx, location.GetConnectionDataArgs{})
	if err != nil {
		return nil, err
	}
	if who.AuthenticatedUser == nil || who.AuthenticatedUser.Id == nil {
		return nil, errors.New("the server does not say who the token belongs to")
	}
	me := who.AuthenticatedUser.Id.String()
	list, err := c.git.GetThreads(ctx, git.GetThreadsArgs{RepositoryId: &c.env.Repository, PullRequestId: &c.env.PullRequest, Project: &c.env.Project})
	if err != nil {
		return nil, err
	}
	out := map[string]thread{}
	for _, t := range *list {
		if t.Id == nil || t.Comments == nil || len(*t.Comments) == 0 || t.IsDeleted != nil && *t.IsDeleted {
			continue
		}
		first := (*t.Comments)[0]
		if first.Id == nil || first.Content == nil || first.Author == nil || first.Author.Id == nil || !strings.EqualFold(*first.Author.Id, me) {
			continue
		}
		if _, fingerprint, ok := annotate.ReadMark(key, *first.Content); ok {
			status := git.CommentThreadStatusValues.Active
			if t.Status != nil {
				status = *t.Status
			}
			out[fingerprint] = thread{*t.Id, *first.Id, status, *first.Content, placeOf(t.ThreadContext)}
		}
	}
	return out, nil
}

func (c *Client) postRemarks(ctx context.Context, r annotate.Review, earlier map[string]thread, posted *annotate.Posted) error {
	room := maxThreads - r.Standing(func(fingerprint string) bool { return earlier[fingerprint].opens() })
	found := map[string]bool{summaryKey: true}
	for _, remark := range r.Remarks {
		if found[remark.Fingerprint] {
			continue
		}
		found[remark.Fingerprint] = true
		body := annotate.Mark(r.Key, annotate.StateOpen, remark.Fingerprint, annotate.Clip(remark.Body))
		old, ok := earlier[remark.Fingerprint]
		if ok {
			if old.holds(remark.Suggestion) {
				body += remark.Suggestion.Block
			}
			// Somebody may have closed it as won't fix; what is said to be
			// fixed and is not opens again.
			status := old.status
			if old.opens() {
				status = git.CommentThreadStatusValues.Active
			}
			changed, err := c.update(ctx, old, body, status)
			if err != nil {
				return err
			}
			if changed {
				posted.Updated++
			}
			continue
		}
		if remark.Changed == nil || posted.Created >= room {
			continue
		}
		at, end := remark.Changed, 2
		if s := remark.Suggestion; s != nil && s.File == at.File {
			at, end, body = &s.Place, s.EndColumn, body+s.Block
		} else {
			at = &annotate.Place{File: at.File, First: at.First, Last: at.First}
		}
		if err := c.create(ctx, body, git.CommentThreadStatusValues.Active, at, end); err != nil {
			return err
		}
		posted.Created++
	}
	if !r.Complete {
		return nil
	}
	for _, fingerprint := range slices.Sorted(maps.Keys(earlier)) {
		old := earlier[fingerprint]
		if found[fingerprint] || old.status != git.CommentThreadStatusValues.Active && old.status != git.CommentThreadStatusValues.Pending {
			continue
		}
		if _, err := c.update(ctx, old, old.body, git.CommentThreadStatusValues.Fixed); err != nil {
			return err
		}
		posted.Resolved++
	}
	return nil
}

// postSummary keeps one thread about the whole: closed when the gate lets the
// change pass. A change that never had anything to say about it gets none.
func (c *Client) postSummary(ctx context.Context, r annotate.Review, earlier map[string]thread) error {
	body := annotate.Mark(r.Key, annotate.StateSummary, summaryKey, annotate.Clip(r.Summary))
	status := git.CommentThreadStatusValues.Active
	if r.Passed {
		status = git.CommentThreadStatusValues.Closed
	}
	if old, ok := earlier[summaryKey]; ok {
		_, err := c.update(ctx, old, body, status)
		return err
	}
	if len(r.Remarks) == 0 && r.Complete {
		return nil
	}
	return c.create(ctx, body, status, nil, 0)
}

// placeOf reads the lines a thread is about.
func placeOf(t *git.CommentThreadContext) annotate.Place {
	if t == nil || t.FilePath == nil || t.RightFileStart == nil || t.RightFileStart.Line == nil || t.RightFileEnd == nil || t.RightFileEnd.Line == nil {
		return annotate.Place{}
	}
	return annotate.Place{File: strings.TrimPrefix(*t.FilePath, "/"), First: *t.RightFileStart.Line, Last: *t.RightFileEnd.Line}
}

// create begins a thread, about lines up to a column unless at is nil.
func (c *Client) create(ctx context.Context, body string, status git.CommentThreadStatus, at *annotate.Place, end int) error {
	t := &git.GitPullRequestCommentThread{Comments: &[]git.Comment{{Content: &body, CommentType: &git.CommentTypeValues.Text}}, Status: &status}
	if at != nil {
		file, start := "/"+at.File, 1
		t.ThreadContext = &git.CommentThreadContext{
			FilePath:       &file,
			RightFileStart: &git.CommentPosition{Line: &at.First, Offset: &start},
			RightFileEnd:   &git.CommentPosition{Line: &at.Last, Offset: &end},
		}
	}
	_, err := c.git.CreateThread(ctx, git.CreateThreadArgs{CommentThread: t, RepositoryId: &c.env.Repository, PullRequestId: &c.env.PullRequest, Project: &c.env.Project})
	return explain("begin a thread", err)
}

// update changes what is different about a thread.
func (c *Client) update(ctx context.Context, old thread, body string, status git.CommentThreadStatus) (changed bool, err error) {
	if !annotate.SameText(old.body, body) {
		changed = true
		_, err := c.git.UpdateComment(ctx, git.UpdateCommentArgs{
			Comment: &git.Comment{Content: &body}, RepositoryId: &c.env.Repository, PullRequestId: &c.env.PullRequest,
			ThreadId: &old.id, CommentId: &old.comment, Project: &c.env.Project,
		})
		if err != nil {
			return false, explain("change a comment", err)
		}
	}
	if old.status != status {
		changed = true
		_, err = c.git.UpdateThread(ctx, git.UpdateThreadArgs{
			CommentThread: &git.GitPullRequestCommentThread{Status: &status}, RepositoryId: &c.env.Repository,
			PullRequestId: &c.env.PullRequest, ThreadId: &old.id, Project: &c.env.Project,
		})
	}
	return changed, explain("change a thread", err)
}

func (c *Client) postStatus(ctx context.Context, r annotate.Review) error {
	state := git.GitStatusStateValues.Failed
	if r.Passed {
		state = git.GitStatusStateValues.Succeeded
	}
	genre, name := "sekisho", c.env.Name
	if name == "" {
		name = "gate"
	}
	_, err := c.git.CreatePullRequestStatus(ctx, git.CreatePullRequestStatusArgs{
		Status: &git.GitPullRequestStatus{
			State: &state, Description: &r.Verdict, Context: &git.GitStatusContext{Genre: &genre, Name: &name},
		},
		RepositoryId: &c.env.Repository, PullRequestId: &c.env.PullRequest, Project: &c.env.Project,
	})
	return explain("post the status", err)
}

// syntaxStatus is what the server answers with its sign-in page.
var syntaxStatus = http.StatusNonAuthoritativeInfo

// explain words a refusal so that whoever reads the log knows what to change.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	// The library returns its error now as a value, now as a pointer.
	var refusal azuredevops.WrappedError
	var pointer *azuredevops.WrappedError
	if errors.As(err, &pointer) && pointer != nil {
		refusal = *pointer
	} else if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		// Without a valid token the server sends its sign-in page.
		refusal.StatusCode = &syntaxStatus
	} else if !errors.As(err, &refusal) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	message, status := "", 0
	if refusal.Message != nil {
		message = *refusal.Message
	}
	if refusal.StatusCode != nil {
		status = *refusal.StatusCode
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusFound || status == http.StatusNonAuthoritativeInfo:
		return fmt.Errorf("%s: Azure DevOps does not accept the token: map SYSTEM_ACCESSTOKEN: $(System.AccessToken) into the step", doing)
	case status == http.StatusForbidden || strings.Contains(message, "TF401027"):
		return fmt.Errorf("%s: the build service needs the permission \"Contribute to pull requests\" on the repository (a build of a fork never has it): %s", doing, message)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
