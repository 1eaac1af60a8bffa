package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/annotate"
)

// comment is a comment as the host keeps it.
type comment struct {
	ID    int64  `json:"id"`
	Body  string `json:"body"`
	Path  string `json:"path,omitempty"`
	Start int    `json:"start_line,omitempty"`
	Line  int    `json:"line,omitempty"`
	User  struct {
		Login string `json:"login"`
		Type  string `json:"type"`
	} `json:"user"`
}

// host is as much of GitHub as a review needs. It pages by two and refuses a
// review with a comment outside of the diff, as GitHub does.
type host struct {
	t       *testing.T
	files   []map[string]any
	lines   []comment // on lines of the change
	talk    []comment // on the pull request
	reviews int
	writes  []string
	refuse  func(*http.Request) int // a status to answer with, 0 for none
	server  *httptest.Server
}

func newHost(t *testing.T) *host {
	h := &host{t: t, files: []map[string]any{
		{"filename": "a.yaml", "patch": "@@ -1,2 +1,3 @@\n kind: Pod\n+hostPID: true\n metadata: {}"},
		{"filename": "picture.png"},
		{"filename": "b.yaml", "patch": "@@ -10,4 +10,3 @@ spec:\n containers:\n-  securityContext: {}\n - name: b\n   image: x\n\\ No newline at end of file"},
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"message":"Resource not accessible by integration"}`)
	})
	mux.HandleFunc("GET /repos/o/r/pulls/7/files", func(w http.ResponseWriter, r *http.Request) { page(h, w, r, h.files) })
	mux.HandleFunc("GET /repos/o/r/pulls/7/comments", func(w http.ResponseWriter, r *http.Request) { page(h, w, r, h.lines) })
	mux.HandleFunc("GET /repos/o/r/issues/7/comments", func(w http.ResponseWriter, r *http.Request) { page(h, w, r, h.talk) })
	mux.HandleFunc("POST /repos/o/r/pulls/7/reviews", h.review)
	mux.HandleFunc("PATCH /repos/o/r/pulls/comments/{id}", func(w http.ResponseWriter, r *http.Request) { h.edit(w, r, h.lines) })
	mux.HandleFunc("PATCH /repos/o/r/issues/comments/{id}", func(w http.ResponseWriter, r *http.Request) { h.edit(w, r, h.talk) })
	mux.HandleFunc("POST /repos/o/r/issues/7/comments", func(w http.ResponseWriter, r *http.Request) {
		var c comment
		h.decode(r, &c)
		h.talk = append(h.talk, h.own(c))
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, "{}")
	})
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%s %s without the token", r.Method, r.URL)
		}
		if h.refuse != nil {
			if status := h.refuse(r); status != 0 {
				w.WriteHeader(status)
				fmt.Fprint(w, `{"message":"no"}`)
				return
			}
		}
		if r.Method != http.MethodGet {
			h.writes = append(h.writes, r.Method+" "+r.URL.Path)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.server.Close)
	return h
}

func page[T any](h *host, w http.ResponseWriter, r *http.Request, all []T) {
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	n = max(n, 1)
	from, to := min((n-1)*2, len(all)), min(n*2, len(all))
	if to < len(all) {
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=%d>; rel="next"`, h.server.URL, r.URL.Path, n+1))
	}
	_ = json.NewEncoder(w).Encode(append([]T{}, all[from:to]...))
}

func (h *host) decode(r *http.Request, v any) {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		h.t.Error(err)
	}
}

// own makes a comment one of the token's. Bodies are stored with CRLF.
func (h *host) own(c comment) comment {
	c.ID = int64(len(h.lines) + len(h.talk) + 1)
	c.User.Login, c.User.Type = "github-actions[bot]", "Bot"
	c.Body = strings.ReplaceAll(c.Body, "\n", "\r\n")
	return c
}

func (h *host) review(w http.ResponseWriter, r *http.Request) {
	var review struct {
		CommitID string `json:"commit_id"`
		Event    string
		Body     string
		Comments []struct {
			Path, Side, Body string
			StartSide        string `json:"start_side"`
			StartLine        int    `json:"start_line"`
			Line             int
		}
	}
	h.decode(r, &review)
	if review.Event != "COMMENT" || review.Body == "" || review.CommitID != "head" {
		h.t.Errorf("review %+v", review)
	}
	for _, c := range review.Comments {
		if c.Side != "RIGHT" || (c.StartLine > 0) != (c.StartSide == "RIGHT") || c.StartLine >= c.Line {
			h.t.Errorf("sides %q and %q, lines %d to %d", c.StartSide, c.Side, c.StartLine, c.Line)
		}
		h.lines = append(h.lines, h.own(comment{Path: c.Path, Start: c.StartLine, Line: c.Line, Body: c.Body}))
	}
	h.reviews++
	fmt.Fprint(w, "{}")
}

func (h *host) edit(w http.ResponseWriter, r *http.Request, in []comment) {
	var c comment
	h.decode(r, &c)
	for i := range in {
		if strconv.FormatInt(in[i].ID, 10) == r.PathValue("id") {
			in[i].Body = strings.ReplaceAll(c.Body, "\n", "\r\n")
			fmt.Fprint(w, "{}")
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

func (h *host) post(r annotate.Review) (annotate.Posted, error) {
	env := &Environment{API: h.server.URL, Owner: "o", Repo: "r", PullRequest: 7, Base: "base", Head: "head"}
	client, err := NewClient(env, "secret", &annotate.Retry{Sleep: func(context.Context, time.Duration) {}})
	if err != nil {
		h.t.Fatal(err)
	}
	return client.Post(context.Background(), r)
}

var (
	one   = strings.Repeat("1", 32)
	two   = strings.Repeat("2", 32)
	three = strings.Repeat("3", 32)
)

// gate is a review with two findings in the diff and one outside of it.
func gate() annotate.Review {
	return annotate.Review{
		Key: annotate.Key("ci", "gate"), Complete: true, Summary: "3 errors\n",
		Remarks: []annotate.Remark{
			{Fingerprint: one, Body: "shares the host's processes\n", Places: []annotate.Place{{File: "values.yaml", First: 3, Last: 3}, {File: "a.yaml", First: 1, Last: 3}}},
			{Fingerprint: two, Body: "may run as root\n", Places: []annotate.Place{{File: "b.yaml", First: 11, Last: 11, Absent: true}}},
			{Fingerprint: three, Body: "elsewhere\n", Places: []annotate.Place{{File: "a.yaml", First: 3, Last: 3}, {File: "c.yaml", First: 1, Last: 1}}},
		},
	}
}

// TestStory follows a pull request through its pushes.
func TestStory(t *testing.T) {
	h := newHost(t)
	// Comments of others, one of which wears our mark.
	forged := comment{ID: 90, Body: annotate.Mark(annotate.Key("ci", "gate"), annotate.StateOpen, one, "x")}
	forged.User.Login, forged.User.Type = "somebody", "User"
	h.lines = []comment{forged, {ID: 91, Body: "nice"}, {ID: 92, Body: "really"}}
	h.talk = []comment{{ID: 93, Body: "hello"}}

	step := func(name string, r annotate.Review, want annotate.Posted, writes ...string) {
		t.Helper()
		h.writes = nil
		got, err := h.post(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if strings.Join(h.writes, ", ") != strings.Join(writes, ", ") {
			t.Errorf("%s: writes %q, want %q", name, h.writes, writes)
		}
	}

	step("first run", gate(), annotate.Posted{Created: 2}, "POST /repos/o/r/pulls/7/reviews", "POST /repos/o/r/issues/7/comments")
	if c := h.lines[3]; c.Path != "a.yaml" || c.Line != 2 {
		t.Errorf("the first remark stands at %s:%d", c.Path, c.Line)
	}
	if c := h.lines[4]; c.Path != "b.yaml" || c.Line != 11 {
		t.Errorf("the second remark stands at %s:%d", c.Path, c.Line)
	}

	step("same again", gate(), annotate.Posted{})

	r := gate()
	r.Remarks[0].Body = "shares the host's processes and network\n"
	step("other words", r, annotate.Posted{Updated: 1}, "PATCH /repos/o/r/pulls/comments/5")

	r.Remarks, r.Summary = r.Remarks[1:], "2 errors\n"
	r.Complete = false
	step("an incomplete run resolves nothing", r, annotate.Posted{}, "PATCH /repos/o/r/issues/comments/7")
	r.Complete = true
	step("fixed", r, annotate.Posted{Resolved: 1}, "PATCH /repos/o/r/pulls/comments/5")
	if !strings.Contains(h.lines[3].Body, "No longer found") || !strings.Contains(h.lines[3].Body, "processes") {
		t.Errorf("resolved: %q", h.lines[3].Body)
	}
	step("still fixed", r, annotate.Posted{})

	step("back again", gate(), annotate.Posted{Updated: 1}, "PATCH /repos/o/r/pulls/comments/5", "PATCH /repos/o/r/issues/comments/7")
	if strings.Contains(h.lines[3].Body, "No longer found") {
		t.Errorf("reopened: %q", h.lines[3].Body)
	}
	if h.lines[0].Body != forged.Body || h.reviews != 1 {
		t.Errorf("a comment of somebody else was touched: %q (%d reviews)", h.lines[0].Body, h.reviews)
	}

	// Another gate of the same repository has its own comments.
	r = gate()
	r.Key = annotate.Key("ci", "other")
	step("another gate", r, annotate.Posted{Created: 2}, "POST /repos/o/r/pulls/7/reviews", "POST /repos/o/r/issues/7/comments")
}

// TestSuggestions: an edit of lines that the diff shows is offered by the remark,
// which then stands at those lines.
func TestSuggestions(t *testing.T) {
	suggestion := func(file string, first, last int) *annotate.Suggestion {
		return &annotate.Suggestion{Place: annotate.Place{File: file, First: first, Last: last}, Block: "```suggestion\nx\n```\n"}
	}
	for _, tt := range []struct {
		name       string
		suggestion *annotate.Suggestion
		start, at  int
		offered    bool
	}{
		{"one line", suggestion("a.yaml", 3, 3), 0, 3, true},
		{"several lines", suggestion("a.yaml", 1, 3), 1, 3, true},
		{"beyond the hunk", suggestion("a.yaml", 3, 4), 0, 2, false},
		{"file out of the diff", suggestion("c.yaml", 1, 1), 0, 2, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t)
			r := gate()
			r.Remarks = r.Remarks[:1]
			r.Remarks[0].Suggestion = tt.suggestion
			if _, err := h.post(r); err != nil {
				t.Fatal(err)
			}
			c := h.lines[0]
			if c.Start != tt.start || c.Line != tt.at || strings.Contains(c.Body, "```suggestion") != tt.offered {
				t.Errorf("lines %d to %d: %q", c.Start, c.Line, c.Body)
			}
			h.writes = nil
			if posted, err := h.post(r); err != nil || posted != (annotate.Posted{}) {
				t.Errorf("the same again: %v, %v", posted, err)
			}
		})
	}

	// A remark that stands elsewhere than an edit now has to does not offer it:
	// the host would put the text in the place of other lines.
	h := newHost(t)
	r := gate()
	r.Remarks = r.Remarks[:1]
	if _, err := h.post(r); err != nil {
		t.Fatal(err)
	}
	r.Remarks[0].Suggestion = suggestion("a.yaml", 3, 3)
	if posted, err := h.post(r); err != nil || posted.Updated != 0 || strings.Contains(h.lines[0].Body, "suggestion") {
		t.Errorf("%v, %v: %q", posted, err, h.lines[0].Body)
	}
	r.Remarks[0].Suggestion = suggestion("a.yaml", 2, 2)
	if posted, err := h.post(r); err != nil || posted.Updated != 1 || !strings.Contains(h.lines[0].Body, "suggestion") {
		t.Errorf("%v, %v: %q", posted, err, h.lines[0].Body)
	}
}

func TestCleanPullRequestGetsNoComment(t *testing.T) {
	h := newHost(t)
	if _, err := h.post(annotate.Review{Key: annotate.Key(), Complete: true, Summary: "clean"}); err != nil {
		t.Fatal(err)
	}
	if len(h.writes) > 0 {
		t.Errorf("writes %q", h.writes)
	}
}

func TestRefusals(t *testing.T) {
	write := func(status int) func(*http.Request) int {
		return func(r *http.Request) int {
			if r.Method == http.MethodGet {
				return 0
			}
			return status
		}
	}
	for _, tt := range []struct {
		name   string
		refuse func(*http.Request) int
		want   string
	}{
		{"fork", write(http.StatusForbidden), "post the review: the token may not do that: give the job pull-requests: write (the token of a pull request from a fork is always read-only)"},
		{"stale diff", write(http.StatusUnprocessableEntity), "post the review: GitHub refuses it, most likely because the pull request has changed meanwhile: no"},
		{"token", func(*http.Request) int { return http.StatusUnauthorized }, "read who the token belongs to: GitHub does not accept the token"},
	} {
		h := newHost(t)
		h.refuse = tt.refuse
		_, err := h.post(gate())
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

// TestRetry: what changes nothing is asked again; what may have been carried
// out is not.
func TestRetry(t *testing.T) {
	h := newHost(t)
	failures := map[string]int{}
	h.refuse = func(r *http.Request) int {
		failures[r.URL.Path]++
		switch {
		case failures[r.URL.Path] > 1:
			return 0
		case r.Method == http.MethodGet:
			return http.StatusBadGateway
		case strings.HasSuffix(r.URL.Path, "/reviews"):
			return http.StatusTooManyRequests
		}
		return 0
	}
	if posted, err := h.post(gate()); err != nil || posted.Created != 2 {
		t.Errorf("%v, %v", posted, err)
	}

	h = newHost(t)
	h.refuse = func(r *http.Request) int {
		if r.Method == http.MethodPost {
			failures["post"]++
			return http.StatusBadGateway
		}
		return 0
	}
	if _, err := h.post(gate()); err == nil || failures["post"] != 1 {
		t.Errorf("a POST was sent %d times: %v", failures["post"], err)
	}
}

func TestManyRemarksAreBounded(t *testing.T) {
	h := newHost(t)
	var patch strings.Builder
	patch.WriteString("@@ -0,0 +1,100 @@\n")
	r := annotate.Review{Key: annotate.Key(), Complete: true, Summary: "many"}
	for i := 1; i <= 100; i++ {
		patch.WriteString("+x\n")
		r.Remarks = append(r.Remarks, annotate.Remark{Fingerprint: fmt.Sprintf("%032x", i), Body: "x", Places: []annotate.Place{{File: "new.yaml", First: i, Last: i}}})
	}
	h.files = []map[string]any{{"filename": "new.yaml", "patch": patch.String()}}
	// Another push does not bring the next ones: what stands already counts.
	for _, want := range []int{maxRemarks, 0} {
		if posted, err := h.post(r); err != nil || posted.Created != want {
			t.Errorf("%v, %v, want %d new", posted, err, want)
		}
	}
	// What is fixed makes room.
	r.Remarks = r.Remarks[10:]
	if posted, err := h.post(r); err != nil || posted != (annotate.Posted{Created: 10, Resolved: 10}) {
		t.Errorf("%v, %v", posted, err)
	}
}
