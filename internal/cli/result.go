package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report"
)

// maxResult bounds a saved result, in bytes: some hundred thousand findings.
const maxResult = 256 << 20

// readFile reads up to limit bytes of a file that the command line names, which
// may be a pipe.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(src)) > limit {
		return nil, fmt.Errorf("%s is larger than the limit of %d bytes", name, limit)
	}
	return src, nil
}

// readResult reads a result that --format json saved.
func readResult(file string) (*model.Result, error) {
	src, err := readFile(file, maxResult)
	if err != nil {
		return nil, err
	}
	var r model.Result
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber() // a value of a fix prints as it was
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("%s is not a saved JSON result: %w", file, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is not a saved JSON result: there is more behind its end", file)
	}
	if r.Version != model.ResultVersion {
		return nil, fmt.Errorf("%s is a result of version %q; this program reads version %q", file, r.Version, model.ResultVersion)
	}
	if word, ok := oddWord(&r); ok {
		return nil, fmt.Errorf("%s is not a saved JSON result: no run of this program names anything %s", file, report.Text(word))
	}
	return &r, nil
}

// oddWord finds a word that reports print as it is, because this program chose
// it, and that has characters which none of its words has.
func oddWord(r *model.Result) (word string, odd bool) {
	check := func(words ...string) {
		for _, w := range words {
			if !odd && (report.Text(w) != w || strings.HasPrefix(strings.TrimSpace(w), "::")) {
				word, odd = w, true
			}
		}
	}
	place := func(l model.Location) { check(string(l.Precision), string(l.Role)) }
	check(r.Tool.Name, r.Tool.Version)
	for i := range r.Rules {
		rule := &r.Rules[i]
		check(rule.ID, rule.Category, string(rule.Severity), rule.Profile, rule.Confidence, rule.Since)
		check(rule.Aliases...)
	}
	for _, u := range r.Units {
		check(string(u.Kind))
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		check(f.Rule, string(f.Severity), string(f.Unit.Kind), f.Fingerprint)
		place(f.Location)
		for _, l := range f.Related {
			place(l)
		}
		if f.Changed != nil {
			place(*f.Changed)
		}
		if f.Suppressed != nil {
			check(f.Suppressed.Kind, f.Suppressed.Until)
		}
	}
	for i := range r.Failures {
		if u := r.Failures[i].Unit; u != nil {
			check(string(u.Kind))
		}
	}
	return word, odd
}
