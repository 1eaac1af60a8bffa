package main

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/internal/cli"
)

var update = flag.Bool("update", false, "rewrite the expectations in the stories")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sekisho": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScript runs the stories of testdata/script: each is a small repository
// and what a person does in it.
func TestScript(t *testing.T) {
	// A host that refuses everything, as hosts do to the builds of forks.
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"message":"no"}`)
	}))
	t.Cleanup(refusing.Close)
	// A host with one pull request: the listing of its files lies in the story's
	// files.json, the review that is posted comes to lie in review.json.
	reviewing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		dir, api, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/repos/")
		raw, err := hex.DecodeString(dir)
		switch {
		case err != nil:
			w.WriteHeader(http.StatusNotFound) // the token's user
		case strings.HasSuffix(api, "/files"):
			http.ServeFile(w, r, filepath.Join(string(raw), "files.json"))
		case strings.HasSuffix(api, "/reviews"):
			f, err := os.Create(filepath.Join(string(raw), "review.json"))
			if err == nil {
				_, err = io.Copy(f, r.Body)
				err = errors.Join(err, f.Close())
			}
			if err != nil {
				t.Error(err)
			}
			fmt.Fprint(w, "{}")
		case r.Method == http.MethodGet:
			fmt.Fprint(w, "[]")
		default:
			fmt.Fprint(w, "{}")
		}
	}))
	t.Cleanup(reviewing.Close)
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("REFUSING_API", refusing.URL)
			env.Setenv("REVIEWING_API", reviewing.URL+"/"+hex.EncodeToString([]byte(env.WorkDir)))
			env.Setenv("NEWLINE", "\n")
			// A folder with .git is a repository root; the stories begin in one.
			return os.MkdirAll(env.WorkDir+"/.git", 0o755)
		},
	})
}

// exits runs a command and compares its exit code: exits 3 sekisho scan.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
