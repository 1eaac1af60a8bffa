// Package report prints a finished model.Result: for people (text, markdown,
// html), for programs (json, sarif, junit) and for build logs (github, azure).
// A Result goes in, bytes come out; nothing here renders, judges or asks the
// network, so a saved result prints the same as a fresh one.
//
// Whatever a manifest says is a stranger's text. Each format has one place
// where such text is made harmless; for everything that can reach a build log
// it is Log and Text in log.go.
package report

import (
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report/sarif"
)

// Options are what a writer may know besides the result.
type Options struct {
	Source   fs.FS                   // the repository, for source excerpts; nil when it is not at hand
	Color    bool                    // text: use terminal colours
	Quiet    bool                    // text: one line a finding
	MaxLines int                     // text, with Quiet: how many lines to print, the worst findings; 0 for all
	Width    int                     // text: columns of the terminal; 0 does not wrap
	RuleHelp func(model.Rule) string // Markdown page of a rule, for formats that carry it
	// Link is the address at which the host shows a location, for formats with
	// links; nil when there is none. What it returns must be percent-encoded.
	Link func(model.Location) string
	Run  sarif.Run // sarif: the pipeline run this is; zero when it is none
}

// formats maps each format's name to its writer.
var formats = map[string]func(io.Writer, *model.Result, Options) error{
	"text":     writeText,
	"azure":    writeAzure,
	"github":   writeGitHub,
	"html":     writeHTML,
	"json":     writeJSON,
	"junit":    writeJUnit,
	"markdown": writeMarkdown,
	"sarif":    writeSARIF,
}

// Formats lists the known formats, sorted.
func Formats() []string {
	names := make([]string, 0, len(formats))
	for name := range formats {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Write prints the result in the named format. It returns the first error of
// w, or an error for a format that is not among Formats.
func Write(w io.Writer, format string, r *model.Result, opts Options) error {
	write, ok := formats[format]
	if !ok {
		return fmt.Errorf("unknown format %q", format)
	}
	return write(w, r, opts)
}

// Counts are the unsuppressed findings of each severity.
type Counts struct {
	Errors, Warnings, Notes int
	Suppressed              int
}

// Count counts the findings of a result.
func Count(r *model.Result) Counts {
	var c Counts
	for i := range r.Findings {
		f := &r.Findings[i]
		switch {
		case f.Suppressed != nil:
			c.Suppressed++
		case f.Severity == model.SeverityError:
			c.Errors++
		case f.Severity == model.SeverityWarning:
			c.Warnings++
		default:
			c.Notes++
		}
	}
	return c
}
