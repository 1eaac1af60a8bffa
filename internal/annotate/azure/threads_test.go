package azure

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

const (
	me       = "11111111-1111-1111-1111-111111111111"
	somebody = "22222222-2222-2222-2222-222222222222"
)

type jsonThread struct {
	ID            int            `json:"id"`
	Status        string         `json:"status"`
	Comments      []jsonComment  `json:"comments"`
	ThreadContext map[string]any `json:"threadContext,omitempty"`
}

type jsonComment struct {
	ID      int               `json:"id"`
	Content string            `json:"content"`
	Author  map[string]string `json:"author"`
}

// host is as much of Azure DevOps as threads and statuses need.
type host struct {
	t        *testing.T
	threads  []*jsonThread
	statuses []map[string]any
	writes   []string
	answer   func(http.ResponseWriter, *http.Request) bool
	server   *httptest.Server
}

func newHost(t *testing.T) *host {
	h := &host{t: t}
	mux := http.NewServeMux()
	// Where each resource lives, as the server itself tells its clients.
	mux.HandleFunc("OPTIONS /org/_apis", func(w http.ResponseWriter, _ *http.Request) {
		location := func(id, area, resource, route string) map[string]any {
			return map[string]any{
				"id": id, "area": area, "resourceName": resource, "routeTemplate": route,
				"resourceVersion": 1, "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "7.1",
			}
		}
		threads := "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/threads/{threadId}"
		h.write(w, map[string]any{"count": 4, "value": []any{
			location("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}"),
			location("ab6e2e5d-a0b7-4153-b64a-a4efe0d49449", "git", "pullRequestThreads", threads),
			location("965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b", "git", "pullRequestThreadComments", threads+"/comments/{commentId}"),
			location("b5f6bb4f-8d1e-4d79-8d11-4c9172c99c35", "git", "pullRequestStatuses", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/statuses"),
		}})
	})
	mux.HandleFunc("GET /org/_apis/ConnectionData", func(w http.ResponseWriter, _ *http.Request) {
		h.write(w, map[string]any{"authenticatedUser": map[string]any{"id": me}})
	})
	const pr = "/org/p/_apis/git/repositories/repo/pullRequests/7"
	mux.HandleFunc("GET "+pr+"/threads", func(w http.ResponseWriter, _ *http.Request) {
		h.write(w, map[string]any{"count": len(h.threads), "value": h.threads})
	})
	mux.HandleFunc("POST "+pr+"/threads", func(w http.ResponseWriter, r *http.Request) {
		var thread jsonThread
		h.read(r, &thread)
		thread.ID = len(h.threads) + 1
		thread.Comments[0].ID = 1
		thread.Comments[0].Author = map[string]string{"id": me}
		h.threads = append(h.threads, &thread)
		h.write(w, thread)
	})
	mux.HandleFunc("PATCH "+pr+"/threads/{id}", func(w http.ResponseWriter, r *http.Request) {
		var thread jsonThread
		h.read(r, &thread)
		h.thread(r).Status = thread.Status
		h.write(w, thread)
	})
	mux.HandleFunc("PATCH "+pr+"/threads/{id}/comments/1", func(w http.ResponseWriter, r *http.Request) {
		var comment jsonComment
		h.read(r, &comment)
		h.thread(r).Comments[0].Content = comment.Content
		h.write(w, comment)
	})
	mux.HandleFunc("POST "+pr+"/statuses", func(w http.ResponseWriter, r *http.Request) {
		status := map[string]any{}
		h.read(r, &status)
		h.statuses = append(h.statuses, status)
		h.write(w, status)
	})
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%s %s without the token", r.Method, r.URL)
		}
		if h.answer != nil && h.answer(w, r) {
			return
		}
		if r.Method == http.MethodPost || r.Method == http.MethodPatch {
			h.writes = append(h.writes, r.Method+" "+strings.TrimPrefix(r.URL.Path, pr))
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.server.Close)
	return h
}

func (h *host) thread(r *http.Request) *jsonThread {
	n, _ := strconv.Atoi(r.PathValue("id"))
	return h.threads[n-1]
}

func (h *host) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		h.t.Error(err)
	}
}

func (h *host) read(r *http.Request, v any) {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		h.t.Error(err)
	}
}

func (h *host) post(r annotate.Review) (annotate.Posted, error) {
	env := &Environment{Collection: h.server.URL + "/org/", Project: "p", Repository: "repo", Provider: "TfsGit", PullRequest: 7, Name: "gate"}
	return NewClient(env, "secret", &annotate.Retry{Sleep: func(context.Context, time.Duration) {}}).Post(context.Background(), r)
}

var (
	one = strings.Repeat("1", 32)
	two = strings.Repeat("2", 32)
)

func gate() annotate.Review {
	return annotate.Review{
		Key: annotate.Key("1", "gate"), Complete: true, Summary: "2 errors\n", Verdict: "2 errors",
		Remarks: []annotate.Remark{
			{Fingerprint: one, Body: "shares the host's processes\n", Changed: &annotate.Place{File: "a.yaml", First: 3, Last: 3}},
			{Fingerprint: two, Body: "elsewhere\n", Places: []annotate.Place{{File: "b.yaml", First: 1, Last: 1}}},
		},
	}
}

// TestStory follows a pull request through its pushes.
func TestStory(t *testing.T) {
	h := newHost(t)
	forged := annotate.Mark(annotate.Key("1", "gate"), annotate.StateOpen, one, "x")
	h.threads = []*jsonThread{{ID: 1, Status: "active", Comments: []jsonComment{{ID: 1, Content: forged, Author: map[string]string{"id": somebody}}}}}
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
		if want := strings.Join(append(writes, "POST /statuses"), ", "); strings.Join(h.writes, ", ") != want {
			t.Errorf("%s: writes %q, want %s", name, h.writes, want)
		}
	}
	step("first run", gate(), annotate.Posted{Created: 1}, "POST /threads", "POST /threads")
	if c := fmt.Sprint(h.threads[1].ThreadContext); c != "map[filePath:/a.yaml rightFileEnd:map[line:3 offset:2] rightFileStart:map[line:3 offset:1]]" {
		t.Errorf("the thread stands at %s", c)
	}
	if s := h.statuses[0]; s["state"] != "failed" || s["description"] != "2 errors" || fmt.Sprint(s["context"]) != "map[genre:sekisho name:gate]" {
		t.Errorf("status %v", s)
	}
	step("same again", gate(), annotate.Posted{})

	h.threads[1].Status = "wontFix"
	step("somebody accepted it", gate(), annotate.Posted{})
	h.threads[1].Status = "fixed"
	step("somebody said it was fixed", gate(), annotate.Posted{Updated: 1}, "PATCH /threads/2")

	r := gate()
	r.Remarks, r.Passed, r.Complete = nil, true, false
	step("an incomplete run fixes nothing", r, annotate.Posted{}, "PATCH /threads/3")
	r.Complete, r.Summary, r.Verdict = true, "clean\n", "clean"
	step("fixed", r, annotate.Posted{Resolved: 1}, "PATCH /threads/2", "PATCH /threads/3/comments/1")
	if h.threads[1].Status != "fixed" || h.threads[2].Status != "closed" || h.threads[0].Status != "active" {
		t.Errorf("threads are %s, %s, %s", h.threads[0].Status, h.threads[1].Status, h.threads[2].Status)
	}
	step("still fixed", r, annotate.Posted{})
	step("back again", gate(), annotate.Posted{Updated: 1}, "PATCH /threads/2", "PATCH /threads/3/comments/1", "PATCH /threads/3")

	// Another gate of the same repository has its own threads.
	other := gate()
	other.Key, other.Remarks = annotate.Key("1", "other"), other.Remarks[:1]
	step("another gate", other, annotate.Posted{Created: 1}, "POST /threads", "POST /threads")
	other.Remarks = nil
	step("the other one is clean", other, annotate.Posted{Resolved: 1}, "PATCH /threads/4")
	if h.threads[1].Status != "active" || h.threads[3].Status != "fixed" {
		t.Errorf("threads are %s and %s", h.threads[1].Status, h.threads[3].Status)
	}
}

func TestSuggestions(t *testing.T) {
	suggestion := func(file string) *annotate.Suggestion {
		return &annotate.Suggestion{Place: annotate.Place{File: file, First: 5, Last: 6}, EndColumn: 12, Block: "```suggestion\nx\n```\n"}
	}
	for _, tt := range []struct {
		file, at string
		offered  bool
	}{
		{"a.yaml", "map[filePath:/a.yaml rightFileEnd:map[line:6 offset:12] rightFileStart:map[line:5 offset:1]]", true},
		{"b.yaml", "map[filePath:/a.yaml rightFileEnd:map[line:3 offset:2] rightFileStart:map[line:3 offset:1]]", false},
	} {
		h := newHost(t)
		r := gate()
		r.Remarks = r.Remarks[:1]
		r.Remarks[0].Suggestion = suggestion(tt.file)
		for range 2 { // the second time nothing changes
			if _, err := h.post(r); err != nil {
				t.Fatal(err)
			}
		}
		thread := h.threads[0]
		if at := fmt.Sprint(thread.ThreadContext); at != tt.at || strings.Contains(thread.Comments[0].Content, "```suggestion") != tt.offered {
			t.Errorf("at %s: %q", at, thread.Comments[0].Content)
		}
		if strings.Contains(strings.Join(h.writes, " "), "PATCH") {
			t.Errorf("writes %q", h.writes)
		}
	}
}

func TestRefusals(t *testing.T) {
	refuse := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return true
		}
	}
	for _, tt := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		{
			"no permission", refuse(403, `{"$id":"1","message":"TF401027: You need the Git 'PullRequestContribute' permission."}`),
			`begin a thread: the build service needs the permission "Contribute to pull requests" on the repository (a build of a fork never has it): TF401027: You need the Git 'PullRequestContribute' permission.`,
		},
		{
			"sign-in page", func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(http.StatusNonAuthoritativeInfo)
				fmt.Fprint(w, "<html>sign in</html>")
				return true
			},
			"list the threads: Azure DevOps does not accept the token: map SYSTEM_ACCESSTOKEN: $(System.AccessToken) into the step",
		},
	} {
		h := newHost(t)
		h.answer = tt.answer
		if _, err := h.post(gate()); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestManyThreadsAreBounded(t *testing.T) {
	h := newHost(t)
	r := annotate.Review{Key: annotate.Key("1", "gate"), Complete: true, Summary: "many"}
	for i := 1; i <= 100; i++ {
		r.Remarks = append(r.Remarks, annotate.Remark{Fingerprint: fmt.Sprintf("%032x", i), Body: "x", Changed: &annotate.Place{File: "new.yaml", First: i, Last: i}})
	}
	// Another push does not bring the next ones: what stands already counts.
	for _, want := range []int{maxThreads, 0} {
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

func TestRepositoryElsewhere(t *testing.T) {
	env := &Environment{Provider: "GitHub", Collection: "https://dev.example/org/"}
	if _, err := NewClient(env, "secret", nil).Post(context.Background(), gate()); err == nil || !strings.Contains(err.Error(), "not in Azure Repos but in GitHub") {
		t.Error(err)
	}
}

func TestDetect(t *testing.T) {
	env := func(m map[string]string) func(string) string { return func(k string) string { return m[k] } }
	if Detect(env(nil)) != nil {
		t.Error("found outside of a run")
	}
	e := Detect(env(map[string]string{
		"TF_BUILD": "True", "SYSTEM_PULLREQUEST_PULLREQUESTID": "7", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
		"BUILD_REPOSITORY_URI": "https://org@dev.azure.com/org/p/_git/r", "BUILD_REPOSITORY_PROVIDER": "TfsGit", "BUILD_SOURCEVERSION": "c",
		"BUILD_DEFINITIONNAME": "shop gate", "SYSTEM_JOBNAME": "Job",
	}))
	if e.PullRequest != 7 || e.Base != "main" || e.Name != "shop gate/Job" {
		t.Errorf("%+v", e)
	}
	if got, want := e.Link("a b.yaml", 3, 3), "https://dev.azure.com/org/p/_git/r?path=%2Fa%20b.yaml&version=GCc&line=3&lineEnd=4&lineStartColumn=1&lineEndColumn=1"; got != want {
		t.Errorf("link %s, want %s", got, want)
	}
}
