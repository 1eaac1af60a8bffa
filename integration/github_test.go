package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestGitHubRequests has Prism hold every request of a review against GitHub's
// own description of its interface, while a server that remembers comments
// answers them: a pull request is opened with a problem, then the problem is
// fixed.
func TestGitHubRequests(t *testing.T) {
	judge(t)
	host := &gitHub{t: t, prism: startPrism(t), seen: map[string]bool{}}
	server := httptest.NewServer(host)
	defer server.Close()

	dir := demo(t)
	base := head(t, dir)
	const pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: mine\nspec:\n  hostPID: true\n  containers:\n  - name: \"a `@team` é漢😀\"\n    image: a\n"
	push := func(content string) {
		t.Helper()
		write(t, dir, map[string]string{"manifests/mine #1.yaml": content})
		must(t, dir, nil, command(t, "git"), "add", "--all")
		must(t, dir, nil, command(t, "git"), "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=change")
		host.dir, host.base, host.head = dir, base, head(t, dir)
		runner := t.TempDir()
		write(t, runner, map[string]string{"event.json": fmt.Sprintf(
			`{"pull_request": {"number": 7, "base": {"sha": %q, "repo": {"full_name": "example/shop"}}, "head": {"sha": %q, "repo": {"full_name": "example/shop"}}}}`, base, host.head)})
		env := []string{
			"GITHUB_ACTIONS=true", "GITHUB_API_URL=" + server.URL, "GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=example/shop",
			"GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH=" + runner + "/event.json", "GITHUB_SHA=" + host.head,
			"GITHUB_WORKFLOW=ci", "GITHUB_JOB=gate", "GITHUB_STEP_SUMMARY=" + runner + "/summary.md", "GITHUB_OUTPUT=" + runner + "/output",
			"INPUT_REVIEW=true", "INPUT_TOKEN=secret", "INPUT_ANNOTATIONS=false",
		}
		out, code := run(t, dir, env, sekisho(t), "action")
		if code != 1 { // the demo has errors
			t.Fatalf("exit code %d\n%s", code, out)
		}
		if !strings.Contains(out, "sekisho: review: ") || strings.Contains(out, "The findings are in the annotations") {
			t.Errorf("the review was not posted\n%s", out)
		}
	}
	push(pod)
	if !slices.ContainsFunc(host.lines, func(r remark) bool { return strings.Contains(r.Body, "```suggestion\n") }) {
		t.Error("no remark offers a fix of the pod")
	}
	push(strings.Replace(pod, "hostPID: true", "hostPID: false", 1))

	want := []string{
		"GET /repos/o/r/issues/N/comments", "GET /repos/o/r/pulls/N/comments", "GET /repos/o/r/pulls/N/files", "GET /user",
		"PATCH /repos/o/r/issues/comments/N", "PATCH /repos/o/r/pulls/comments/N", "POST /repos/o/r/issues/N/comments", "POST /repos/o/r/pulls/N/reviews",
	}
	if got := slices.Sorted(maps.Keys(host.seen)); !slices.Equal(got, want) {
		t.Errorf("requests seen\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	// The judge can say no.
	if verdict := host.ask(http.MethodPost, "/repos/example/shop/pulls/7/reviews", []byte(`{"event": "SHOUT"}`)); verdict == "" {
		t.Error("Prism accepts a review of an event that does not exist")
	}
	if verdict := host.ask(http.MethodGet, "/repos/example/shop/pulls/7/nothing", nil); verdict == "" {
		t.Error("Prism accepts a path that does not exist")
	}
}

func head(t *testing.T, dir string) string {
	return strings.TrimSpace(must(t, dir, nil, command(t, "git"), "rev-parse", "HEAD"))
}

// gitHub answers what a review asks and remembers what it posts. Each request
// goes to Prism first.
type gitHub struct {
	t          *testing.T
	prism      string
	dir        string
	base, head string

	mu          sync.Mutex
	seen        map[string]bool // like "GET /repos/o/r/pulls/N/files"
	lines, talk []remark
}

type remark struct {
	ID   int               `json:"id"`
	Body string            `json:"body"`
	User map[string]string `json:"user"`
}

var number = regexp.MustCompile(`/[0-9]+`)

func (h *gitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	if verdict := h.ask(r.Method, r.URL.RequestURI(), body); verdict != "" {
		h.t.Errorf("%s %s: %s\n%s", r.Method, r.URL, verdict, body)
	}
	route := r.Method + " " + number.ReplaceAllString(strings.Replace(r.URL.Path, "/example/shop/", "/o/r/", 1), "/N")
	h.seen[route] = true
	w.Header().Set("Content-Type", "application/json")
	var answer any = struct{}{}
	switch route {
	case "GET /user": // the token of a run may not ask
		w.WriteHeader(http.StatusForbidden)
	case "GET /repos/o/r/pulls/N/files":
		answer = h.files()
	case "GET /repos/o/r/pulls/N/comments":
		answer = append([]remark{}, h.lines...)
	case "GET /repos/o/r/issues/N/comments":
		answer = append([]remark{}, h.talk...)
	case "POST /repos/o/r/issues/N/comments":
		w.WriteHeader(http.StatusCreated)
		h.talk = append(h.talk, h.remark(body))
	case "POST /repos/o/r/pulls/N/reviews":
		var review struct{ Comments []json.RawMessage }
		if err := json.Unmarshal(body, &review); err != nil {
			h.t.Error(err)
		}
		for _, c := range review.Comments {
			h.lines = append(h.lines, h.remark(c))
		}
	case "PATCH /repos/o/r/pulls/comments/N", "PATCH /repos/o/r/issues/comments/N":
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		h.t.Error(err)
	}
}

// remark keeps a comment as one of the run's own.
func (h *gitHub) remark(body []byte) remark {
	var c remark
	if err := json.Unmarshal(body, &c); err != nil {
		h.t.Error(err)
	}
	c.ID, c.User = len(h.lines)+len(h.talk)+1, map[string]string{"login": "github-actions[bot]", "type": "Bot"}
	return c
}

// files lists what the change touches, each with its patch from the first hunk
// on.
func (h *gitHub) files() []map[string]string {
	git := command(h.t, "git")
	list := []map[string]string{}
	for name := range strings.SplitSeq(must(h.t, h.dir, nil, git, "diff", "--name-only", "-z", h.base, h.head), "\x00") {
		if name == "" {
			continue
		}
		_, patch, _ := strings.Cut(must(h.t, h.dir, nil, git, "diff", h.base, h.head, "--", name), "\n@@")
		list = append(list, map[string]string{"filename": name, "patch": "@@" + strings.TrimSuffix(patch, "\n")})
	}
	return list
}

// ask returns what Prism has against a request; "" is nothing.
func (h *gitHub) ask(method, uri string, body []byte) string {
	req, err := http.NewRequest(method, h.prism+uri, bytes.NewReader(body))
	if err != nil {
		h.t.Error(err)
		return ""
	}
	// GitHub takes application/vnd.github.v3+json, too, but does not say so.
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	// Violations come in a header, beside an error made up from the description;
	// a path that does not exist is a problem of Prism's own.
	if strings.Contains(string(answer), "stoplight.io/prism/errors") {
		return string(answer)
	}
	return resp.Header.Get("sl-violations")
}

// startPrism serves the part of GitHub's interface that reviews could use, and
// returns its address.
func startPrism(t *testing.T) string {
	prism, node := tool(t, "node_modules/.bin/prism"), command(t, "node")
	src, err := os.ReadFile(tool(t, "node_modules/@octokit/openapi/generated/api.github.com.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spec map[string]json.RawMessage
	var paths map[string]json.RawMessage
	if err := json.Unmarshal(src, &spec); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(spec["paths"], &paths); err != nil {
		t.Fatal(err)
	}
	// All 800 paths take Prism minutes to load.
	maps.DeleteFunc(paths, func(path string, _ json.RawMessage) bool {
		return path != "/user" && !strings.HasPrefix(path, "/repos/{owner}/{repo}/pulls") && !strings.HasPrefix(path, "/repos/{owner}/{repo}/issues")
	})
	if spec["paths"], err = json.Marshal(paths); err != nil {
		t.Fatal(err)
	}
	if src, err = json.Marshal(spec); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"github.json": string(src)})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, port, _ := net.SplitHostPort(address)
	var log bytes.Buffer
	cmd := exec.Command(node, prism, "mock", "--errors", "--host", "127.0.0.1", "--port", port, filepath.Join(dir, "github.json"))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 600 {
		time.Sleep(time.Second / 5)
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return "http://" + address
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	t.Fatalf("Prism does not listen after 2 minutes\n%s", log.String())
	return ""
}
