package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/model"
)

// TestMain makes the test binary a worker too, one whose charts do what their
// release's name says.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == WorkerArg {
		os.Exit(serve(os.Stdin, os.Stdout, func(o Options) func(context.Context, model.Unit) *model.Rendered {
			return func(ctx context.Context, u model.Unit) *model.Rendered { return misbehave(o, ctx, u) }
		}))
	}
	os.Exit(m.Run())
}

// extremes are values that an encoding may lose.
var extremes = map[string]any{
	"max": int64(math.MaxInt64), "min": int64(math.MinInt64), "zero": int64(0), "one": 1.0, "half": 0.5, "big": 1e300,
	"yes": true, "null": nil, "empty": map[string]any{}, "none": []any{}, "bytes": "a\xff\x00b", "list": []any{int64(1), 1.0, "1", nil},
}

// hoard keeps what a greedy worker takes from being collected.
var hoard [][]byte

func misbehave(o Options, ctx context.Context, u model.Unit) *model.Rendered {
	switch u.Release {
	case "hang":
		select {}
	case "spin":
		for {
			runtime.Gosched()
		}
	case "die":
		os.Exit(3)
	case "panic":
		go panic("a template said \x1b[31m::error::red")
		select {}
	case "overflow":
		var deeper func(int) int
		deeper = func(n int) int { return deeper(n+1) + 1 }
		fmt.Fprintln(os.Stderr, deeper(0))
	case "slurp":
		for {
			b := make([]byte, 8<<20)
			for i := range b {
				b[i] = 1
			}
			hoard = append(hoard, b)
		}
	case "gulp":
		hoard = append(hoard, make([]byte, 64<<30))
	case "print":
		return &model.Rendered{Unit: u, Manifest: make([]byte, 3<<20)}
	case "look":
		path, err := exec.LookPath("sh")
		_, get := http.Get("http://127.0.0.1:1/")
		write := os.WriteFile(filepath.Join(u.Namespace, "file"), []byte("x"), 0o600)
		return &model.Rendered{Unit: u, Objects: []model.Object{{Value: map[string]any{
			"env": fmt.Sprint(os.Environ()), "sh": path + " " + fmt.Sprint(err), "get": fmt.Sprint(get), "write": fmt.Sprint(write),
		}}}}
	case "needy":
		// It needs one thing after the other, of as many as its namespace says.
		list, err := fs.ReadDir(o.Overlay.FS(), ".")
		if n, _ := strconv.Atoi(u.Namespace); err != nil || len(list) < n {
			need := &model.Need{Kind: model.NeedFile, Dir: "o", Name: fmt.Sprint(len(list)), Address: "a", Version: "v"}
			ref := u.Ref()
			return &model.Rendered{Unit: u, Failures: []model.Failure{{Unit: &ref, Message: fmt.Sprint("needs ", len(list)), Need: need}, {Unit: &ref, Message: "another"}}}
		}
	case "chatty":
		fmt.Println("hello, parent")
	case "real":
		return New(o).Render(ctx, u)
	}
	out := &model.Rendered{Unit: u, Manifest: []byte("text\n"), Lines: func() []model.Location {
		return []model.Location{model.FileLocation("t.yaml", model.RoleTemplate)}
	}}
	out.Objects = []model.Object{{
		ID: model.ObjectID{APIVersion: "v1", Kind: "Pod", Name: u.Release}, Value: extremes,
		Generated: []model.Path{{"list", 0}},
		Duplicate: []model.DuplicateKey{{Path: model.Path{"list", 2}, Line: 7}},
		Generator: map[string]model.GeneratorEntry{"k": {Field: "files", File: "f"}},
		Defaults:  func() map[string]any { return map[string]any{"replicas": int64(1)} },
		Origin:    fakeOrigin(u.Release),
	}}
	return out
}

type fakeOrigin string

func (o fakeOrigin) Locate(p model.Path) model.Trace {
	switch o {
	case "hang later":
		select {}
	case "die later":
		os.Exit(3)
	}
	loc := model.FileLocation("templates/"+string(o), model.RoleTemplate)
	loc.Key = p.String()
	return model.Trace{Location: loc}
}

func newPool(t *testing.T, limits Limits) *Pool {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Chart.yaml"), []byte("apiVersion: v2\nname: a\nversion: 1.0.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPool(Options{Root: root, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); root.Close() })
	return p
}

func chart(release string) model.Unit {
	return model.Unit{Kind: model.Helm, Path: ".", Release: release}
}

// What a worker hands over is what its renderer made.
func TestPoolValues(t *testing.T) {
	s := newPool(t, Limits{}).Session(t.Context())
	for range 2 { // the second in the same worker
		r := s.Render(chart("good"))
		if len(r.Failures) > 0 || len(r.Objects) != 1 {
			t.Fatalf("got %+v", r)
		}
		got := r.Objects[0]
		want := misbehave(Options{}, t.Context(), chart("good")).Objects[0]
		if !reflect.DeepEqual(got.Value, want.Value) || !reflect.DeepEqual(got.Generated, want.Generated) ||
			!reflect.DeepEqual(got.Duplicate, want.Duplicate) || !reflect.DeepEqual(got.Generator, want.Generator) || got.ID != want.ID {
			t.Errorf("got %#v\nwant %#v", got, want)
		}
		if d := got.Defaults(); !reflect.DeepEqual(d, want.Defaults()) {
			t.Errorf("defaults %#v", d)
		}
		path := model.Path{"spec", "containers", 0, "a b"}
		if l := got.Origin.Locate(path).Location; l.Key != path.String() || l.File != "templates/good" {
			t.Errorf("located at %+v", l)
		}
		if l := r.Lines(); len(l) != 1 || l[0].File != "t.yaml" {
			t.Errorf("lines %+v", l)
		}
	}
	if f := s.Close(); len(f) > 0 {
		t.Error(f)
	}
}

// Whatever a unit does to its worker is one failure, and the next one is
// rendered as ever.
func TestPoolSurvives(t *testing.T) {
	short := newPool(t, Limits{Time: time.Second})
	long := newPool(t, Limits{Memory: 256 << 20, Output: 1 << 20})
	for _, tt := range []struct{ release, want string }{
		{"hang", "took longer than 1s"},
		{"spin", "took longer than 1s"},
		{"die", "the renderer died: exit status 3"},
		{"panic", "the renderer died: panic: a template said  [31m::error::red"},
		{"overflow", "stack overflow"},
		{"slurp", "needed more than 256 MiB of memory"},
		{"gulp", "needed more than 256 MiB of memory"},
		{"print", "3.0 MiB large, more than the limit of 1 MiB"},
		{"chatty", ""},
	} {
		t.Run(tt.release, func(t *testing.T) {
			p := long
			if strings.HasPrefix(tt.want, "took") {
				p = short
			}
			s := p.Session(t.Context())
			defer s.Close()
			before := s.Render(chart("first"))
			r := s.Render(chart(tt.release))
			switch {
			case tt.want == "":
				if len(r.Failures) > 0 {
					t.Error(r.Failures)
				}
			case len(r.Failures) != 1 || len(r.Objects) > 0:
				t.Fatalf("got %d failures, %d objects", len(r.Failures), len(r.Objects))
			default:
				f := r.Failures[0]
				if f.File != "Chart.yaml" || f.Unit == nil || !strings.Contains(f.Message, tt.want) {
					t.Errorf("got %s: %s, want %q", f.File, f.Message, tt.want)
				}
			}
			if after := s.Render(chart("next")); len(after.Objects) != 1 {
				t.Errorf("the next unit: %+v", after.Failures)
			}
			// Its worker may be gone; its lines are not.
			if l := before.Objects[0].Origin.Locate(nil).Location; l.File != "templates/first" {
				t.Errorf("the unit before is located at %+v", l)
			}
		})
	}
}

// A question that kills the worker costs one unit its lines.
func TestPoolQuestions(t *testing.T) {
	p := newPool(t, Limits{Time: time.Second})
	for _, release := range []string{"hang later", "die later"} {
		s := p.Session(t.Context())
		bad, good := s.Render(chart(release)), s.Render(chart("good"))
		for range 3 {
			if l := bad.Objects[0].Origin.Locate(nil).Location; l.File != "Chart.yaml" || l.Precision != model.File {
				t.Errorf("%s: located at %+v", release, l)
			}
		}
		if l := good.Objects[0].Origin.Locate(nil).Location; l.File != "templates/good" {
			t.Errorf("%s: the other unit is located at %+v", release, l)
		}
		if f := s.Close(); len(f) != 1 || !strings.HasPrefix(f[0].Message, "find lines: ") {
			t.Errorf("%s: failures %+v", release, f)
		}
	}
}

// A worker sees no environment, finds no programs and reaches nobody; on Linux
// it writes nothing.
func TestPoolConfined(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "canary")
	s := newPool(t, Limits{}).Session(t.Context())
	defer s.Close()
	look := chart("look")
	look.Namespace = t.TempDir()
	r := s.Render(look)
	if len(r.Objects) != 1 {
		t.Fatal(r.Failures)
	}
	saw := r.Objects[0].Value
	if strings.Contains(saw["env"].(string), "canary") || strings.Contains(saw["env"].(string), "HOME") {
		t.Errorf("environment %s", saw["env"])
	}
	if !strings.HasPrefix(saw["sh"].(string), " ") {
		t.Errorf("found a shell: %s", saw["sh"])
	}
	if !strings.Contains(saw["get"].(string), "the network is not used") {
		t.Errorf("asked the network: %s", saw["get"])
	}
	if runtime.GOOS == "linux" && saw["write"] == "<nil>" {
		t.Error("wrote a file")
	}
}

// What a worker lacks is fetched here, and the worker asked again. It has no
// network then either.
func TestPoolFetches(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, tt := range []struct {
		needs    string
		fetch    func(p *Pool, n model.Need) *model.Failure
		asked    int
		failures []model.Failure
	}{
		{"0", nil, 0, nil},
		{"3", nil, 3, nil},
		{"10", nil, 10, nil},
		{"11", nil, 10, []model.Failure{{Message: "needs 10 (it would be the 11th thing fetched for one inside the other)"}, {Message: "another"}}},
		{"3", func(*Pool, model.Need) *model.Failure { return nil }, 1, []model.Failure{{Message: "needs 0 (it was fetched, and is still missing)"}, {Message: "another"}}},
		{"3", func(p *Pool, n model.Need) *model.Failure {
			if n.Name == "2" {
				return &model.Failure{File: "c/Chart.lock", Line: 7, Message: "the lock is wrong"}
			}
			return lay(p, n)
		}, 3, []model.Failure{{File: "c/Chart.lock", Line: 7, Message: "the lock is wrong"}, {Message: "another"}}},
		{"1", func(*Pool, model.Need) *model.Failure {
			return &model.Failure{File: ".sekisho-fetched/x", Line: 7, Message: "gone"}
		}, 1, []model.Failure{{Message: "gone"}, {Message: "another"}}},
		{"2", func(p *Pool, n model.Need) *model.Failure {
			if n.Name == "1" {
				return &model.Failure{File: "0", Line: 7, Message: "it is broken"}
			}
			return lay(p, n)
		}, 2, []model.Failure{{File: ".", Message: "0, which was fetched: it is broken"}, {Message: "another"}}},
	} {
		root, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		p, err := NewPool(Options{Root: root, AllowNetwork: true})
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		p.fetch = func(_ context.Context, n model.Need) *model.Failure {
			asked++
			if n.Kind != model.NeedFile || n.Dir != "o" || n.Address != "a" || n.Version != "v" {
				t.Errorf("%+v", n)
			}
			if tt.fetch != nil {
				return tt.fetch(p, n)
			}
			return lay(p, n)
		}
		s := p.Session(t.Context())
		u := chart("needy")
		u.Namespace = tt.needs
		r := s.Render(u)
		var got []model.Failure
		for _, f := range r.Failures {
			got = append(got, model.Failure{File: f.File, Line: f.Line, Message: f.Message})
		}
		if asked != tt.asked || !reflect.DeepEqual(got, tt.failures) {
			t.Errorf("%s: asked %d times, failures %+v", tt.needs, asked, got)
		}
		look := s.Render(chart("look"))
		if len(look.Objects) != 1 || !strings.Contains(look.Objects[0].Value["get"].(string), "the network is not used") {
			t.Errorf("a worker asked the network: %v", look.Objects)
		}
		s.Close()
		p.Close()
		if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// lay puts what is needed into the overlay.
func lay(p *Pool, n model.Need) *model.Failure {
	if err := p.opts.Overlay.WriteFile(n.Name, nil, 0o600); err != nil {
		return &model.Failure{Message: err.Error()}
	}
	return nil
}

// Sessions run side by side, and a cancelled scan waits for nobody.
func TestPoolSideBySide(t *testing.T) {
	p := newPool(t, Limits{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			s := p.Session(ctx)
			defer s.Close()
			if r := s.Render(chart("hang")); len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Message, context.Canceled.Error()) {
				t.Errorf("got %+v", r.Failures)
			}
		})
	}
	s := p.Session(t.Context())
	if r := s.Render(chart("good")); len(r.Objects) != 1 {
		t.Error(r.Failures)
	}
	s.Close()
	cancel()
	wg.Wait()
	if len(p.idle) != 1 {
		t.Errorf("%d workers are idle, want the one that lives", len(p.idle))
	}
}

// Manifests and Dockerfiles start no worker.
func TestPoolStaysHome(t *testing.T) {
	p := newPool(t, Limits{})
	p.exe = "/nonexistent"
	s := p.Session(t.Context())
	if r := s.Render(model.Unit{Kind: model.Raw, Path: "Chart.yaml"}); len(r.Failures) > 0 {
		t.Error(r.Failures)
	}
	if r := s.Render(chart("good")); len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Message, "start a worker") {
		t.Error(r.Failures)
	}
}

func TestFrameLimit(t *testing.T) {
	var large errTooLarge
	if err := send(nil, reply{Manifest: make([]byte, 100)}, 64); !errors.As(err, &large) {
		t.Error(err)
	}
	for n, want := range map[int64]string{1 << 30: "1 GiB", 3 << 19: "1.5 MiB", 512: "512 bytes", 64 << 20: "64 MiB"} {
		if got := byteSize(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
