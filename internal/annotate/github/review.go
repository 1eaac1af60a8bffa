package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v74/github"

	"github.com/sekisho/sekisho/internal/annotate"
)

// maxRemarks bounds the open comments of a pull request. More than a screenful
// is not read; the summary has the rest.
const maxRemarks = 30

// Client posts to one pull request.
type Client struct {
	api *github.Client
	env *Environment
}

// NewClient returns a client for the pull request of a run. The transport is
// for tests; nil is the real one.
func NewClient(env *Environment, token string, transport http.RoundTripper) (*Client, error) {
	base, err := url.Parse(strings.TrimSuffix(env.API, "/") + "/")
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("GITHUB_API_URL %q is not an address", env.API)
	}
	if transport == nil {
		transport = &annotate.Retry{}
	}
	api := github.NewClient(&http.Client{Transport: transport, Timeout: 2 * time.Minute}).WithAuthToken(token)
	api.BaseURL = base
	return &Client{api: api, env: env}, nil
}

// existing is a comment of ours that stands in the pull request.
type existing struct {
	id    int64
	state string
	body  string
	at    annotate.Place // in the diff as it is now; no lines when they are gone from it
}

// holds tells whether a comment stands where a suggestion has to.
func (e existing) holds(s *annotate.Suggestion) bool {
	return s != nil && e.at.File == s.File && e.at.First == s.First && e.at.Last == s.Last
}

// Post brings the pull request up to date: comments of earlier runs are kept,
// changed or marked as resolved, new ones come in one review, and one comment
// holds the summary. What was done before an error stays.
func (c *Client) Post(ctx context.Context, r annotate.Review) (annotate.Posted, error) {
	var posted annotate.Posted
	me, err := c.self(ctx)
	if err != nil {
		return posted, explain("read who the token belongs to", err)
	}
	if err := c.postRemarks(ctx, r, me, &posted); err != nil {
		return posted, err
	}
	return posted, c.postSummary(ctx, r, me)
}

func (c *Client) postRemarks(ctx context.Context, r annotate.Review, me author, posted *annotate.Posted) error {
	changes, err := c.diff(ctx)
	if err != nil {
		return explain("list the changed files", err)
	}
	earlier, err := c.comments(ctx, r.Key, me)
	if err != nil {
		return explain("list the review comments", err)
	}
	room := maxRemarks - r.Standing(func(fingerprint string) bool { _, ok := earlier[fingerprint]; return ok })
	var fresh []*github.DraftReviewComment
	found := map[string]bool{}
	for _, remark := range r.Remarks {
		if found[remark.Fingerprint] {
			continue
		}
		found[remark.Fingerprint] = true
		body := annotate.Mark(r.Key, annotate.StateOpen, remark.Fingerprint, annotate.Clip(remark.Body))
		if old, ok := earlier[remark.Fingerprint]; ok {
			if old.holds(remark.Suggestion) {
				body += remark.Suggestion.Block
			}
			if annotate.SameText(old.body, body) {
				continue
			}
			if err := c.edit(ctx, old.id, body); err != nil {
				return err
			}
			posted.Updated++
			continue
		}
		file, line, ok := changes.place(remark.Places)
		if !ok || len(fresh) >= room {
			continue
		}
		comment := &github.DraftReviewComment{
			Path: github.Ptr(file), Line: github.Ptr(line), Side: github.Ptr("RIGHT"), Body: github.Ptr(body),
		}
		if s := remark.Suggestion; s != nil && changes.shows(s.Place) {
			comment.Path, comment.Line, comment.Body = github.Ptr(s.File), github.Ptr(s.Last), github.Ptr(body+s.Block)
			if s.First < s.Last {
				comment.StartLine, comment.StartSide = github.Ptr(s.First), github.Ptr("RIGHT")
			}
		}
		fresh = append(fresh, comment)
	}
	if r.Complete {
		if err := c.resolve(ctx, r.Key, earlier, found, posted); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	noun := "problem"
	if len(fresh) > 1 {
		noun += "s"
	}
	_, _, err = c.api.PullRequests.CreateReview(ctx, c.env.Owner, c.env.Repo, c.env.PullRequest, &github.PullRequestReviewRequest{
		CommitID: github.Ptr(c.env.Head), Event: github.Ptr("COMMENT"),
		Body: github.Ptr(fmt.Sprintf("Sekisho found %d %s in what this changes.", len(fresh), noun)), Comments: fresh,
	})
	if err != nil {
		return explain("post the review", err)
	}
	posted.Created = len(fresh)
	return nil
}

// resolve marks the comments whose finding is gone.
func (c *Client) resolve(ctx context.Context, key string, earlier map[string]existing, found map[string]bool, posted *annotate.Posted) error {
	for _, fingerprint := range slices.Sorted(maps.Keys(earlier)) {
		old := earlier[fingerprint]
		if found[fingerprint] || old.state == annotate.StateResolved {
			continue
		}
		if err := c.edit(ctx, old.id, annotate.Resolved(key, fingerprint, old.body)); err != nil {
			return err
		}
		posted.Resolved++
	}
	return nil
}

func (c *Client) edit(ctx context.Context, id int64, body string) error {
	_, _, err := c.api.PullRequests.EditComment(ctx, c.env.Owner, c.env.Repo, id, &github.PullRequestComment{Body: github.Ptr(body)})
	return explain("change a review comment", err)
}

// diff reads what the pull request changes.
func (c *Client) diff(ctx context.Context) (diff, error) {
	changes := diff{}
	err := pages(func(o github.ListOptions) (*github.Response, error) {
		files, resp, err := c.api.PullRequests.ListFiles(ctx, c.env.Owner, c.env.Repo, c.env.PullRequest, &o)
		for _, f := range files {
			changes.add(f.GetFilename(), f.GetPatch())
		}
		return resp, err
	})
	return changes, err
}

// comments reads our comments on lines, by fingerprint.
func (c *Client) comments(ctx context.Context, key string, me author) (map[string]existing, error) {
	out := map[string]existing{}
	err := pages(func(o github.ListOptions) (*github.Response, error) {
		list, resp, err := c.api.PullRequests.ListComments(ctx, c.env.Owner, c.env.Repo, c.env.PullRequest, &github.PullRequestListCommentsOptions{ListOptions: o})
		for _, comment := range list {
			state, fingerprint, ok := annotate.ReadMark(key, comment.GetBody())
			if ok && state != annotate.StateSummary && me.wrote(comment.GetUser()) {
				last := comment.GetLine()
				at := annotate.Place{File: comment.GetPath(), First: cmp.Or(comment.GetStartLine(), last), Last: last}
				out[fingerprint] = existing{comment.GetID(), state, comment.GetBody(), at}
			}
		}
		return resp, err
	})
	return out, err
}

// postSummary keeps one comment about the whole. A change that never had
// anything to say about it gets none.
func (c *Client) postSummary(ctx context.Context, r annotate.Review, me author) error {
	var old *existing
	err := pages(func(o github.ListOptions) (*github.Response, error) {
		list, resp, err := c.api.Issues.ListComments(ctx, c.env.Owner, c.env.Repo, c.env.PullRequest, &github.IssueListCommentsOptions{ListOptions: o})
		for _, comment := range list {
			state, _, ok := annotate.ReadMark(r.Key, comment.GetBody())
			if ok && state == annotate.StateSummary && me.wrote(comment.GetUser()) && old == nil {
				old = &existing{id: comment.GetID(), state: state, body: comment.GetBody()}
			}
		}
		return resp, err
	})
	if err != nil {
		return explain("list the comments", err)
	}
	comment := &github.IssueComment{Body: github.Ptr(annotate.Mark(r.Key, annotate.StateSummary, "-", annotate.Clip(r.Summary)))}
	switch {
	case old != nil && annotate.SameText(old.body, comment.GetBody()):
	case old != nil:
		_, _, err = c.api.Issues.EditComment(ctx, c.env.Owner, c.env.Repo, old.id, comment)
	case len(r.Remarks) > 0 || !r.Complete:
		_, _, err = c.api.Issues.CreateComment(ctx, c.env.Owner, c.env.Repo, c.env.PullRequest, comment)
	}
	return explain("post the summary", err)
}

// author tells our own comments from others': everybody can write our mark.
type author struct{ login string }

// self asks who the token belongs to. The token of a workflow run belongs to
// an app and cannot ask; its comments are a bot's.
func (c *Client) self(ctx context.Context) (author, error) {
	user, resp, err := c.api.Users.Get(ctx, "")
	if resp != nil && (resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound) {
		return author{}, nil
	}
	return author{user.GetLogin()}, err
}

func (a author) wrote(u *github.User) bool {
	if a.login == "" {
		return u.GetType() == "Bot"
	}
	return u.GetLogin() == a.login
}

// pages calls list for each page of a listing.
func pages(list func(github.ListOptions) (*github.Response, error)) error {
	for o := (github.ListOptions{PerPage: 100}); ; {
		resp, err := list(o)
		if err != nil {
			return err
		}
		if resp.NextPage == 0 {
			return nil
		}
		o.Page = resp.NextPage
	}
}

// explain words a refusal so that whoever reads the log knows what to change.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	var refusal *github.ErrorResponse
	if !errors.As(err, &refusal) || refusal.Response == nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch refusal.Response.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("%s: GitHub does not accept the token", doing)
	case http.StatusForbidden, http.StatusNotFound:
		return fmt.Errorf("%s: the token may not do that: give the job pull-requests: write (the token of a pull request from a fork is always read-only)", doing)
	case http.StatusUnprocessableEntity:
		return fmt.Errorf("%s: GitHub refuses it, most likely because the pull request has changed meanwhile: %s", doing, refusal.Message)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
