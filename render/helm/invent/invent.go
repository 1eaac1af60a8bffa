// Package invent makes chart rendering repeatable. In go Helm's stock
// templates, which may call functions that invent something (passwords, keys,
// certificates, identifiers, the time of day); out comes the same text every
// time, and the knowledge which text was invented.
//
// For the time of one render (Start … Stop) it replaces those functions in the
// function map that Helm's engine copies from sprig. The replacements are
// cheap — most of the time Helm spends on public collections goes into RSA
// keys that nobody reads — and deterministic: what they return depends on the
// seed, the function's name and the number of the call. Passwords keep their
// length, keys and certificates are well-formed PEM (Ed25519).
//
// Text they return is remembered, and so is what digests, encodings and cuts
// make of it, so that Invented can tell a value that Helm makes up at install
// time from one that somebody committed. What cannot be followed that way
// (numbers, dates, text of a few letters) sets Untraced: then only comparing
// two runs tells.
//
// While it is at it, functions that make much out of little (until, repeat,
// indent, …) get bounds: nothing can stop them once they have begun.
//
// The function map belongs to the process: one Session at a time.
package invent

import (
	"crypto/sha256"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
	_ "unsafe" // for go:linkname

	_ "github.com/Masterminds/sprig/v3" // initialised before stock is copied
)

// genericMap is sprig's own table of functions. Helm offers no way to change
// a function of its engine, but each render copies this table.
//
//go:linkname genericMap github.com/Masterminds/sprig/v3.genericMap
var genericMap map[string]any

// stock is the table as sprig ships it.
var stock = maps.Clone(genericMap)

// instant is what `now` returns in run 0: a second before Kubernetes existed,
// so that no committed date equals it by accident.
var instant = time.Date(2011, time.March, 19, 5, 47, 31, 0, time.UTC)

// Session is one render's invented values.
type Session struct {
	seed  string
	now   time.Time
	calls map[string]int
	known registry
}

// running holds the one Session there may be.
var running sync.Mutex

// Start replaces the inventing functions until Stop. The seed (a chart's name)
// makes two charts' passwords differ. The same seed and run give the same
// values; another run invents others. A second Start waits for the first
// Session's Stop.
func Start(seed string, run int) (*Session, error) {
	if stock["now"] == nil {
		return nil, errors.New("replace template functions: sprig's table of functions has moved")
	}
	s := &Session{
		seed:  seed + "\x00" + strconv.Itoa(run),
		calls: map[string]int{},
		// Another year, month, day, hour, minute and second.
		now: instant.Add(-time.Duration(run) * (400*24*time.Hour + time.Hour + time.Minute + time.Second)),
	}
	functions := s.functions()
	running.Lock()
	maps.Copy(genericMap, functions)
	return s, nil
}

// Stop gives sprig its own functions back. The Session still answers Invented.
func (s *Session) Stop() {
	clear(genericMap)
	maps.Copy(genericMap, stock)
	running.Unlock()
}

// Invented tells whether text holds something that was made up during the
// render. Short values count only where they stand alone: the five letters of
// a random suffix do in "job-qx8fz", but not inside a longer word.
func (s *Session) Invented(text string) bool {
	for range s.known.matches(text) {
		return true
	}
	return false
}

// Any tells whether Invented can be true of any text.
func (s *Session) Any() bool { return len(s.known.values) > 0 }

// Untraced tells that something was invented which Invented does not know.
func (s *Session) Untraced() bool { return s.known.untraced }

// functions are all replacements, by their name in templates.
func (s *Session) functions() map[string]any {
	m := map[string]any{
		"randAlphaNum":   func(n int) string { return s.random("randAlphaNum", n, alphaNum) },
		"randAlpha":      func(n int) string { return s.random("randAlpha", n, letters) },
		"randAscii":      func(n int) string { return s.random("randAscii", n, alphaNum) },
		"randNumeric":    func(n int) string { return s.random("randNumeric", n, digits) },
		"randBytes":      s.randBytes,
		"randInt":        s.randInt,
		"uuidv4":         s.uuidv4,
		"shuffle":        s.shuffle,
		"bcrypt":         s.bcrypt,
		"htpasswd":       s.htpasswd,
		"derivePassword": s.derivePassword,
		"encryptAES":     s.encryptAES,
		"genPrivateKey":  s.genPrivateKey,

		// A map has no order, and sprig hands out its keys as they come.
		"keys":   sortedKeys,
		"values": sortedValues,

		"dict": dict,
	}
	s.addCertificates(m)
	s.addDates(m)
	Bound(m, maxNumbers, maxText)
	s.addDerivations(m)
	return m
}

// stream is the source of randomness of the next call of a function.
func (s *Session) stream(function string) *rand.ChaCha8 {
	s.calls[function]++
	key := s.seed + "\x00" + function + "\x00" + strconv.Itoa(s.calls[function])
	return rand.NewChaCha8(sha256.Sum256([]byte(key)))
}

func sortedKeys(dicts ...map[string]any) []string {
	out := []string{}
	for _, d := range dicts {
		out = append(out, slices.Sorted(maps.Keys(d))...)
	}
	return out
}

func sortedValues(dict map[string]any) []any {
	out := []any{}
	for _, k := range slices.Sorted(maps.Keys(dict)) {
		out = append(out, dict[k])
	}
	return out
}
