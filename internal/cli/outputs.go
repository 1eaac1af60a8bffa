package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/annotate/azure"
	"github.com/sekisho/sekisho/internal/config"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report"
)

// output is one --format F[=FILE].
type output struct {
	format string
	file   string // "" is standard output
}

// parseOutputs reads the values of --format. Only one report can go to
// standard output.
func parseOutputs(values []string) ([]output, error) {
	if len(values) == 0 {
		values = []string{"text"}
	}
	var outs []output
	toStdout := ""
	for _, v := range values {
		format, file, named := strings.Cut(v, "=")
		if !slices.Contains(report.Formats(), format) {
			if near := config.Nearest(format, report.Formats()); near != "" {
				return nil, usagef("unknown format %q, did you mean %q?", format, near)
			}
			return nil, usagef("unknown format %q; known are %s", format, strings.Join(report.Formats(), ", "))
		}
		switch {
		case named && file == "":
			return nil, usagef("--format %s= names no file", format)
		case named:
			if i := slices.IndexFunc(outs, func(o output) bool { return o.file != "" && filepath.Clean(o.file) == filepath.Clean(file) }); i >= 0 {
				return nil, usagef("both %s and %s would go to %s", outs[i].format, format, file)
			}
		default:
			if toStdout != "" {
				return nil, usagef("both %s and %s would go to standard output: give one a file, as in --format %s=FILE", toStdout, format, format)
			}
			toStdout = format
		}
		outs = append(outs, output{format, file})
	}
	return outs, nil
}

// writeReports prints the result in every format asked for. All are tried; the
// first error is returned.
func (a *app) writeReports(outs []output, r *model.Result, opts report.Options) error {
	opts.Run.ID, opts.Run.Properties = azure.Run(a.env)
	var first error
	for _, o := range outs {
		if err := a.writeReport(o, r, opts); err != nil && first == nil {
			first = &exitError{exitIncomplete, fmt.Errorf("write the %s report: %w", o.format, err)}
		}
	}
	return first
}

func (a *app) writeReport(o output, r *model.Result, opts report.Options) (err error) {
	var w io.Writer = a.out
	if o.file != "" {
		f, err := createFile(o.file)
		if err != nil {
			return err
		}
		defer func() {
			if closeErr := f.Close(); err == nil {
				err = closeErr
			}
		}()
		opts.Color, opts.Width = false, 0
		w = f
	}
	return report.Write(w, o.format, r, opts)
}
