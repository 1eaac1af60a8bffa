// Package annotate holds what the pull-request clients below it share: the
// remarks to post, the hidden marks by which a later run finds its own
// comments again, and requests that are tried again. Words go in as Markdown
// that is harmless already; the clients decide only where they are posted and
// which earlier ones they replace.
package annotate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Place is a run of lines of a file, both ends included.
type Place struct {
	File        string
	First, Last int
	// Absent says that the field is not there: the lines are its nearest
	// relative's, and what the change did may have been to remove it.
	Absent bool
}

// Remark is what to say about one finding.
type Remark struct {
	Fingerprint string  // 32 hex digits
	Places      []Place // where it can be said, the best first
	Changed     *Place  // the first of them that the change touches, when that is known
	Body        string  // Markdown
	Suggestion  *Suggestion
}

// Suggestion is an edit that a reader takes over with a click: the lines of a
// place become a text.
type Suggestion struct {
	Place
	EndColumn int    // behind the last character of the last line
	Block     string // Markdown to add to the remark that stands at the place
}

// maxSuggestion bounds the text of a suggestion in bytes. What is longer is not
// read before it is accepted.
const maxSuggestion = 4_000

// SuggestionBlock prints a text as a suggestion; ok is false for one that does
// not get through a comment as it is. The text is a stranger's: the fence is
// longer than any in it.
func SuggestionBlock(text string) (block string, ok bool) {
	if len(text) > maxSuggestion || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }) {
		return "", false
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return "\n" + fence + "suggestion\n" + text + "\n" + fence + "\n", true
}

// Review is what a run has to say about a pull request.
type Review struct {
	Key     string   // names this gate among others in the repository; see Key
	Remarks []Remark // one for each finding that counts, the worst first
	Summary string   // Markdown of the one comment about the whole
	// Complete says that everything was judged: an earlier finding that is
	// not among the remarks is gone.
	Complete bool
	Passed   bool
	Verdict  string // one line, for a status
}

// Standing counts the findings that comments of earlier runs speak of still.
// They count among the most that a pull request gets, or every push would bring
// the next ones.
func (r Review) Standing(commented func(fingerprint string) bool) int {
	found := map[string]bool{}
	for _, remark := range r.Remarks {
		if commented(remark.Fingerprint) {
			found[remark.Fingerprint] = true
		}
	}
	return len(found)
}

// Posted counts what a client did.
type Posted struct {
	Created, Updated, Resolved int
}

func (p Posted) String() string {
	return fmt.Sprintf("%d new, %d updated, %d resolved", p.Created, p.Updated, p.Resolved)
}

// Key makes a key of whatever tells two gates of one repository apart, such as
// workflow and job.
func Key(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:4])
}

// The states a comment can be in.
const (
	StateOpen     = "finding"
	StateResolved = "resolved"
	StateSummary  = "summary"
)

// mark is the first line of every comment of ours. Hosts do not show it.
var mark = regexp.MustCompile(`^<!-- sekisho ([0-9a-f]{8}) (finding|resolved|summary) ([0-9a-f]{32}|-) -->\n`)

// Mark puts the hidden mark before a body. The fingerprint of a summary is "-".
func Mark(key, state, fingerprint, body string) string {
	return fmt.Sprintf("<!-- sekisho %s %s %s -->\n%s", key, state, fingerprint, body)
}

// ReadMark reads the mark of a comment; ok is false for one that is not of
// this gate.
func ReadMark(key, body string) (state, fingerprint string, ok bool) {
	// Hosts may store other line ends than they were given.
	m := mark.FindStringSubmatch(strings.Replace(body, "\r\n", "\n", 1))
	if m == nil || m[1] != key {
		return "", "", false
	}
	return m[2], m[3], true
}

// SameText compares bodies as hosts store them: line ends and blanks around
// may differ.
func SameText(a, b string) bool {
	clean := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return clean(a) == clean(b)
}

// resolvedNote stands before a remark whose finding is gone.
const resolvedNote = "✅ **No longer found.**\n\n"

// suggestionFence begins the block of a suggestion, the last part of a body.
var suggestionFence = regexp.MustCompile("(?m)^`{3,}suggestion$")

// Resolved is the body of an open remark once its finding is gone. There is
// nothing left to suggest.
func Resolved(key, fingerprint, body string) string {
	body = strings.ReplaceAll(body, "\r\n", "\n")
	_, body, _ = strings.Cut(body, "\n") // the mark
	if at := suggestionFence.FindStringIndex(body); at != nil {
		body = strings.TrimRight(body[:at[0]], "\n") + "\n"
	}
	return Mark(key, StateResolved, fingerprint, resolvedNote+body)
}

// maxBody bounds a comment in bytes: GitHub takes 65,536 characters, Azure
// DevOps 150,000.
const maxBody = 60_000

// Clip shortens a body at the end of a line.
func Clip(body string) string {
	if len(body) <= maxBody {
		return body
	}
	end := strings.LastIndexByte(body[:maxBody], '\n')
	if end < 0 {
		end = 0
	}
	return body[:end] + "\n\nThe rest is in the log.\n"
}

// Retry is a transport that asks again when the server says to come back
// later, and repeats requests that change nothing when the server fails.
type Retry struct {
	Base  http.RoundTripper                          // nil: http.DefaultTransport
	Sleep func(ctx context.Context, d time.Duration) // nil: really sleep
}

// attempts bounds how often a request is sent, maxWait how long one answer can
// make us wait.
const (
	attempts = 4
	maxWait  = 30 * time.Second
)

// RoundTrip implements http.RoundTripper.
func (r *Retry) RoundTrip(req *http.Request) (*http.Response, error) {
	base := r.Base
	if base == nil {
		base = http.DefaultTransport
	}
	for attempt := 1; ; attempt++ {
		resp, err := base.RoundTrip(req)
		wait, again := pause(req, resp, err, attempt)
		if !again || attempt == attempts || req.Body != nil && req.GetBody == nil || req.Context().Err() != nil {
			return resp, err
		}
		if resp != nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection can be used again
			resp.Body.Close()
		}
		r.sleep(req.Context(), wait)
		req = req.Clone(req.Context())
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// pause tells whether to send a request again, and after how long.
func pause(req *http.Request, resp *http.Response, err error, attempt int) (time.Duration, bool) {
	wait := time.Second << (attempt - 1)
	safe := req.Method == http.MethodGet || req.Method == http.MethodHead || req.Method == http.MethodOptions
	if err != nil {
		return wait, safe
	}
	// A limited request was not carried out, whatever it was.
	if s, convErr := strconv.Atoi(resp.Header.Get("Retry-After")); convErr == nil && s >= 0 &&
		(resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusServiceUnavailable) {
		wait = time.Duration(s) * time.Second
		return wait, wait <= maxWait
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		return wait, true
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return wait, safe
	}
	return 0, false
}

func (r *Retry) sleep(ctx context.Context, d time.Duration) {
	if r.Sleep != nil {
		r.Sleep(ctx, d)
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
