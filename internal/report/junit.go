package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// The parts of a JUnit report that its readers agree on: a suite for each
// unit, a test case for each finding, failed unless it is suppressed.
type (
	junitSuites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Suites   []*junitSuite
	}
	junitSuite struct {
		XMLName  xml.Name `xml:"testsuite"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Cases    []junitCase
	}
	junitCase struct {
		XMLName   xml.Name   `xml:"testcase"`
		Name      string     `xml:"name,attr"`
		Classname string     `xml:"classname,attr"`
		File      string     `xml:"file,attr,omitempty"`
		Line      int        `xml:"line,attr,omitempty"`
		Failure   *junitText `xml:"failure"`
		Error     *junitText `xml:"error"`
		Skipped   *junitText `xml:"skipped"`
	}
	junitText struct {
		Message string `xml:"message,attr,omitempty"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit prints a report for CI systems that show tests. A unit without
// findings is one test that passed, so that it is seen to have been looked at.
func writeJUnit(w io.Writer, r *model.Result, _ Options) error {
	j := &junit{suites: map[string]*junitSuite{}, fixes: map[string]string{}, out: junitSuites{Name: r.Tool.Name}}
	for i := range r.Rules {
		j.fixes[r.Rules[i].ID] = oneLine(r.Rules[i].Remediation)
	}
	for _, u := range r.Units {
		j.suite(u.Kind, u.Path)
	}
	for i := range r.Findings {
		j.finding(&r.Findings[i])
	}
	for _, f := range r.Failures {
		j.failure(f)
	}
	for _, s := range j.out.Suites {
		if len(s.Cases) == 0 {
			s.Cases = append(s.Cases, junitCase{Name: "clean", Classname: s.Name})
		}
		s.Tests = len(s.Cases)
		j.out.Tests += s.Tests
		j.out.Failures += s.Failures
		j.out.Errors += s.Errors
		j.out.Skipped += s.Skipped
	}
	out, err := xml.MarshalIndent(&j.out, "", "  ")
	if err != nil {
		return err
	}
	// Written as a reference the second # means the same to every reader of
	// XML and nothing to a build log.
	out = bytes.ReplaceAll(out, []byte("##"), []byte("#&#35;"))
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, out)
	return err
}

type junit struct {
	out    junitSuites
	suites map[string]*junitSuite
	fixes  map[string]string // remediation by rule
}

// suite is the suite of a unit, all its variants together.
func (j *junit) suite(kind model.Kind, path string) *junitSuite {
	name := Text(string(kind) + " " + path)
	s, ok := j.suites[name]
	if !ok {
		s = &junitSuite{Name: name}
		j.suites[name] = s
		j.out.Suites = append(j.out.Suites, s)
	}
	return s
}

func (j *junit) finding(f *model.Finding) {
	s := j.suite(f.Unit.Kind, f.Unit.Path)
	c := junitCase{
		// What a finding is about, never its line: readers follow a test by its
		// name from run to run.
		Name:      Text(strings.TrimSpace(fmt.Sprintf("%s: %s %s", f.Rule, objectName(f.Object), f.Path))),
		Classname: s.Name, File: Text(f.Location.File), Line: f.Location.StartLine,
	}
	if f.Suppressed != nil {
		c.Skipped = &junitText{Message: Text(fmt.Sprintf("suppressed (%s): %s", f.Suppressed.Kind, f.Suppressed.Reason))}
		s.Skipped++
	} else {
		c.Failure = &junitText{Message: Text(f.Message), Type: string(f.Severity), Text: j.story(f)}
		s.Failures++
	}
	s.Cases = append(s.Cases, c)
}

// story is what a reader opens: where, what, the way there, how to fix.
func (j *junit) story(f *model.Finding) string {
	lines := []string{Text(placeText(f.Location) + ": " + f.Message)}
	for _, l := range f.Related {
		lines = append(lines, Text(fmt.Sprintf("%s: %s", l.Role, placeText(l))))
	}
	if fix := j.fixes[f.Rule]; fix != "" {
		lines = append(lines, Text("fix: "+fix))
	}
	return strings.Join(lines, "\n")
}

func (j *junit) failure(f model.Failure) {
	s := j.suite("repository", ".")
	if f.Unit != nil {
		s = j.suite(f.Unit.Kind, f.Unit.Path)
	}
	s.Errors++
	s.Cases = append(s.Cases, junitCase{
		Name: "not checked", Classname: s.Name, File: Text(f.File), Line: f.Line,
		Error: &junitText{Message: Text(FailureText(f)), Type: "not-checked"},
	})
}
