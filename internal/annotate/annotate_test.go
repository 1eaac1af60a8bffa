package annotate

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// TestRetry: what changes nothing is asked again; what may have been carried
// out is not, unless the server says that it was not; nobody waits for long.
func TestRetry(t *testing.T) {
	answer := func(status int, after string) transport {
		return func(*http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			if after != "" {
				w.Header().Set("Retry-After", after)
			}
			w.WriteHeader(status)
			return w.Result(), nil
		}
	}
	timeout := transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("i/o timeout") })
	for _, tt := range []struct {
		name, method string
		server       transport
		sent         int
		waited       time.Duration
	}{
		{"fine", http.MethodGet, answer(200, ""), 1, 0},
		{"the server fails", http.MethodGet, answer(502, ""), 4, 7 * time.Second},
		{"it fails while it writes", http.MethodPost, answer(502, ""), 1, 0},
		{"no answer", http.MethodGet, timeout, 4, 7 * time.Second},
		{"no answer to what it may have written", http.MethodPost, timeout, 1, 0},
		{"too many requests", http.MethodPost, answer(429, "2"), 4, 6 * time.Second},
		{"GitHub's second limit", http.MethodPatch, answer(403, "5"), 4, 15 * time.Second},
		{"a limit for an hour", http.MethodGet, answer(429, "3600"), 1, 0},
		{"refused", http.MethodPost, answer(403, ""), 1, 0},
		{"not acceptable", http.MethodPost, answer(422, ""), 1, 0},
	} {
		sent, waited := 0, time.Duration(0)
		r := Retry{
			Base:  transport(func(req *http.Request) (*http.Response, error) { sent++; return tt.server(req) }),
			Sleep: func(_ context.Context, d time.Duration) { waited += d },
		}
		req, err := http.NewRequest(tt.method, "https://host.example/", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := r.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		if sent != tt.sent || waited != tt.waited {
			t.Errorf("%s: sent %d times, waited %v; want %d and %v", tt.name, sent, waited, tt.sent, tt.waited)
		}
	}
}

func TestMark(t *testing.T) {
	key, fingerprint := Key("ci", "gate"), strings.Repeat("a1", 16)
	open := Mark(key, StateOpen, fingerprint, "may run as root\n")
	resolved := Resolved(key, fingerprint, strings.ReplaceAll(open, "\n", "\r\n"))
	for _, tt := range []struct {
		name, key, body string
		state           string // "" for a comment that is not ours
	}{
		{"open", key, open, StateOpen},
		{"stored with CRLF", key, strings.ReplaceAll(open, "\n", "\r\n"), StateOpen},
		{"resolved", key, resolved, StateResolved},
		{"another gate's", Key("ci", "other"), open, ""},
		{"quoted by somebody", key, "> " + open, ""},
		{"on a later line", key, "x\n" + open, ""},
		{"of no form", key, "<!-- sekisho -->\nx", ""},
	} {
		state, got, ok := ReadMark(tt.key, tt.body)
		if ok != (tt.state != "") || state != tt.state || ok && got != fingerprint {
			t.Errorf("%s: %q, %q, %v", tt.name, state, got, ok)
		}
	}
	if !strings.Contains(resolved, "No longer found") || !strings.Contains(resolved, "may run as root") {
		t.Errorf("resolved: %q", resolved)
	}
	if Key("a", "b") == Key("ab") || Key("a", "b") == Key("a\x00b", "") {
		t.Error("different gates have one key")
	}
}

func TestClip(t *testing.T) {
	line := strings.Repeat("é", 50) + "\n"
	body := Clip(strings.Repeat(line, 2000))
	if len(body) > maxBody+100 || !strings.HasSuffix(body, "é\n\nThe rest is in the log.\n") {
		t.Errorf("%d bytes, ending in %q", len(body), body[len(body)-60:])
	}
	if Clip(line) != line {
		t.Error("a short body is changed")
	}
}

func TestResolvedSuggestsNothing(t *testing.T) {
	block, _ := SuggestionBlock("a: 1")
	key, fingerprint := Key("ci"), strings.Repeat("a1", 16)
	got := Resolved(key, fingerprint, Mark(key, StateOpen, fingerprint, "may run as root\n"+block))
	if want := Mark(key, StateResolved, fingerprint, resolvedNote+"may run as root\n"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSuggestionBlock: a stranger's text does not end its fence.
func TestSuggestionBlock(t *testing.T) {
	for text, want := range map[string]string{
		"  a: 1\n  b: 2":          "\n```suggestion\n  a: 1\n  b: 2\n```\n",
		"```\n<b>@everyone</b>":   "\n````suggestion\n```\n<b>@everyone</b>\n````\n",
		"a: 1\r\nb: 2":            "",
		"a: \x1b[31m":             "",
		"a: \u202eevil":           "",
		strings.Repeat("x", 5000): "",
	} {
		got, ok := SuggestionBlock(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
}
