package cli

import (
	"errors"

	"github.com/sekisho/sekisho/internal/model"
)

// The exit codes, in full. Incomplete wins over findings: a gate that did not
// see everything has not said yes.
const (
	exitClean      = 0
	exitFindings   = 1 // findings at or above --fail-on
	exitUsage      = 2 // bad usage or configuration
	exitIncomplete = 3 // something could not be read, rendered or judged
)

// exitError carries an exit code to Main. A nil err means that everything
// worth saying has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitCode is the code an error stands for. What no command classified is a
// mistake of usage: cobra reports unknown flags and arguments that way.
func exitCode(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitClean
	case errors.As(err, &e):
		return e.code
	}
	return exitUsage
}

// verdict is the exit code of a finished scan.
func verdict(r *model.Result, failOn string) int {
	if len(r.Failures) > 0 {
		return exitIncomplete
	}
	limit := model.Severity(failOn).Rank()
	if failOn == failNever {
		return exitClean
	}
	for i := range r.Findings {
		if r.Findings[i].Suppressed == nil && r.Findings[i].Severity.Rank() <= limit {
			return exitFindings
		}
	}
	return exitClean
}

// failNever is the --fail-on that lets every finding pass.
const failNever = "never"
