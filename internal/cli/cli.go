// Package cli is the command line: it reads flags, environment and
// configuration, joins the stages (discover, render, facts, policy, locate,
// report) and turns the outcome into an exit code. One file a subcommand. The
// stages know nothing of each other; this is the only place that knows them
// all, and it decides nothing they could decide.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sekisho/sekisho/internal/changes"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/report"
	"github.com/sekisho/sekisho/render"
)

// app is what every subcommand may use of the process it runs in.
type app struct {
	in   io.Reader
	out  io.Writer // reports
	err  io.Writer // everything else
	env  func(string) string
	now  func() time.Time
	term func(io.Writer) bool // is it a terminal?

	rawErr         io.Writer // stderr itself, for the progress line
	stderrTerminal bool
}

// Main runs one command line and returns its exit code.
func Main(args []string, in io.Reader, out, errw io.Writer) int {
	switch {
	case len(args) != 1:
	case args[0] == render.WorkerArg:
		return render.Serve(in, out)
	case args[0] == policy.WorkerArg:
		return policy.Serve(in, out, builtinSource)
	case args[0] == changes.WorkerArg:
		return changes.Serve(in, out)
	}
	tuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	log := report.NewLog(errw)
	defer log.Close()
	a := &app{in: in, out: out, err: log, env: os.Getenv, now: time.Now, term: isTerminal, rawErr: errw, stderrTerminal: isTerminal(errw)}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(log)
	err := root.ExecuteContext(ctx)
	if err != nil && err.Error() != "" {
		// Cobra's suggestions come in paragraphs.
		fmt.Fprintf(a.err, "sekisho: %s\n", report.Text(strings.Join(lines(err.Error()), " ")))
	}
	return exitCode(err)
}

// tuneMemory lets the garbage collector run less often: a scan lives for
// seconds, and most of what it makes it keeps until the end. The limit keeps
// large repositories in bounds. GOGC and GOMEMLIMIT override both.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(256 << 20)
	}
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "sekisho",
		Short:         "A gate for Kubernetes manifests",
		Long:          "Sekisho finds the Helm charts, Kustomize overlays, manifests and Dockerfiles of a repository,\nrenders and judges them, and puts each finding on the line a human would edit.",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.flagsFromEnv(cmd.Flags())
		},
	}
	root.AddCommand(
		a.scanCommand(),
		a.renderCommand(),
		a.rulesCommand(),
		a.explainCommand(),
		a.convertCommand(),
		a.planCommand(),
		a.mergeCommand(),
		a.testCommand(),
		a.fixCommand(),
		a.actionCommand(),
		a.versionCommand(),
	)
	root.InitDefaultCompletionCmd()
	return root
}

// flagsFromEnv lets SEKISHO_<FLAG> stand in for a flag that is not given. Of a
// flag that can be repeated it holds one value a line.
func (a *app) flagsFromEnv(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		name := flagEnv(f.Name)
		value := a.env(name)
		if f.Changed || value == "" || err != nil {
			return
		}
		values := []string{value}
		if _, repeatable := f.Value.(pflag.SliceValue); repeatable {
			values = lines(value)
		}
		for _, v := range values {
			if setErr := flags.Set(f.Name, v); setErr != nil {
				err = fmt.Errorf("%s=%q: %w", name, value, setErr)
			}
		}
	})
	return err
}

// flagEnv is the environment variable that stands in for a flag.
func flagEnv(flag string) string {
	return "SEKISHO_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// usagef is a mistake in how the program was called or configured.
func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}
