package fetch

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/memory"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/repofs"
	"github.com/sekisho/sekisho/render/fetch/fetchtest"
)

// repositoryWithRefs is a git repository with a branch, tags and a past.
func repositoryWithRefs(t *testing.T, dir string) (first string) {
	t.Helper()
	first = fetchtest.Commit(t, dir, map[string]string{"base/kustomization.yaml": "# first\n"})
	repo, err := git.PlainOpen(dir)
	if err != nil {
		t.Fatal(err)
	}
	ref := func(name string) {
		if err := repo.Storer.SetReference(plumbing.NewHashReference(plumbing.ReferenceName(name), plumbing.NewHash(first))); err != nil {
			t.Fatal(err)
		}
	}
	ref("refs/tags/v1")
	ref("refs/heads/old/line")
	fetchtest.Commit(t, dir, map[string]string{"base/kustomization.yaml": "# second\n"})
	head, err := repo.Head()
	if err != nil {
		t.Fatal(err)
	}
	who := &git.CreateTagOptions{Message: "a tag"}
	who.Tagger = nil
	cfg, err := repo.Config()
	if err != nil {
		t.Fatal(err)
	}
	cfg.User.Name, cfg.User.Email = "t", "t@example.com"
	if err := repo.SetConfig(cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := repo.CreateTag("v2", head.Hash(), who); err != nil {
		t.Fatal(err)
	}
	fetchtest.Commit(t, dir, map[string]string{"base/kustomization.yaml": "# third\n"})
	return first
}

// TestGit fetches a folder at all kinds of refs, from two servers: one that
// can do little and git's own.
func TestGit(t *testing.T) {
	dir := t.TempDir()
	first := repositoryWithRefs(t, filepath.Join(dir, "org/repo"))
	plain, _ := fetchtest.Git(t, filepath.Join(dir, "org/repo"))
	for server, address := range map[string]func(t *testing.T) string{
		"go-git": func(*testing.T) string { return plain },
		"git": func(t *testing.T) string {
			host, _ := fetchtest.RealGit(t, dir)
			return host + "/org/repo"
		},
	} {
		t.Run(server, func(t *testing.T) {
			address := address(t)
			for query, want := range map[string]string{
				"":                                      "# third\n",
				"?ref=HEAD":                             "# third\n",
				"?ref=v1":                               "# first\n",
				"?version=v1":                           "# first\n",
				"?ref=v2&submodules=false":              "# second\n",
				"?ref=old/line&timeout=20s":             "# first\n",
				"?ref=refs/heads/old/line":              "# first\n",
				"?ref=" + first:                         "# first\n",
				"?ref=v3":                               `fetch ADDR: it has no branch or tag "v3"`,
				"?ref=" + strings.Repeat("0", 39) + "1": "fetch ADDR: ",
			} {
				tr := plant(t, nil, Options{})
				need := model.Need{Kind: model.NeedFolder, Dir: "o", Address: address + "//base" + query}
				if f := tr.Fetch(t.Context(), need); f != nil {
					if want := strings.ReplaceAll(want, "ADDR", address); !strings.HasPrefix(f.Message, want) {
						t.Errorf("%s: got %s, want %s", query, f.Message, want)
					}
					continue
				}
				p, ok := Find(tr.opts.Upper, need)
				if !ok {
					t.Fatalf("%s: it is nowhere", query)
				}
				got, err := os.ReadFile(filepath.Join(tr.upper, p.Path, "kustomization.yaml"))
				if err != nil || string(got) != want {
					t.Errorf("%s: got %q, %v, want %q", query, got, err, want)
				}
				if p.Path != p.Root+"/base" {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

// TestGitLimits holds git to what binds everything.
func TestGitLimits(t *testing.T) {
	dir := t.TempDir()
	fetchtest.Commit(t, dir, map[string]string{"kustomization.yaml": "# " + strings.Repeat("0123456789", 1000) + "\n"})
	clone, _ := fetchtest.Git(t, dir)
	slow, _ := fetchtest.Serve(t, nil, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	}))
	away, _ := fetchtest.Serve(t, nil, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "file:///org/repo/info/refs?service=git-upload-pack")
		w.WriteHeader(http.StatusFound)
	}))
	for _, tt := range []struct {
		address string
		opts    Options
		want    string
	}{
		{clone, Options{Archive: 5000}, "it is larger than 5000 bytes unpacked"},
		{clone, Options{Archive: 20}, "the answer is larger than 20 bytes"},
		{clone, Options{Requests: 1}, "more than 1 requests in one run"},
		{slow + "/org/repo?timeout=50ms", Options{}, "took longer than 50ms"},
		{slow + "/org/repo", Options{Time: 50 * time.Millisecond}, "took longer than 50ms"},
		{away + "/org/repo", Options{}, "unsupported scheme"},
		{"http://127.0.0.1:1/org/repo", Options{}, "dial tcp 127.0.0.1:1: "},
	} {
		tr := plant(t, nil, tt.opts)
		f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedFolder, Dir: "o", Address: tt.address})
		address, _, _ := strings.Cut(tt.address, "?")
		if f == nil || !strings.HasPrefix(f.Message, "fetch "+address+": ") || !strings.Contains(f.Message, tt.want) {
			t.Errorf("%s: got %+v, want %s", tt.address, f, tt.want)
		}
		if files := laid(t, tr.upper); len(files) > 0 {
			t.Errorf("%s: left %v", tt.address, files)
		}
	}
}

// TestCheckout writes what a repository holds and nothing outside of it.
func TestCheckout(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	dir := t.TempDir()
	fetchtest.Commit(t, dir, map[string]string{
		"a/b.yaml": "b", "a/link": "-> b.yaml", "a/up": "-> ../a/b.yaml", "a/out": "-> ../../../../etc/passwd", "a/abs": "-> /etc/passwd",
	})
	address, _ := fetchtest.Git(t, dir)
	tr := plant(t, nil, Options{})
	need := model.Need{Kind: model.NeedFolder, Dir: ".", Address: address}
	if f := tr.Fetch(t.Context(), need); f != nil {
		t.Fatal(f.Message)
	}
	p, _ := Find(tr.opts.Upper, need)
	got := fmt.Sprint(laid(t, filepath.Join(tr.upper, p.Root)))
	if want := "map[a/abs:-> /outside/passwd a/b.yaml:b a/link:-> b.yaml a/out:-> /outside/passwd a/up:-> ../a/b.yaml]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestSubmodules checks them out where they belong.
func TestSubmodules(t *testing.T) {
	dir := t.TempDir()
	inner := fetchtest.Commit(t, filepath.Join(dir, "inner"), map[string]string{"kustomization.yaml": "# inner\n"})
	for name, url := range map[string]string{"relative": "../inner", "missing": "../none", "ssh": "git@example.com:a/b", "none": ""} {
		t.Run(name, func(t *testing.T) {
			outer := filepath.Join(dir, name)
			files := map[string]string{"kustomization.yaml": "# outer\n"}
			if url != "" {
				files[".gitmodules"] = "[submodule \"x\"]\n\tpath = lib/x\n\turl = " + url + "\n"
			}
			fetchtest.Commit(t, outer, files)
			git := func(args ...string) {
				cmd := exec.Command("git", append([]string{"-C", outer, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("git %v: %s", args, out)
				}
			}
			host, _ := fetchtest.RealGit(t, dir)
			git("update-index", "--add", "--cacheinfo", "160000,"+inner+",lib/x")
			git("commit", "-q", "-m", "a submodule")
			address := host + "/" + name + "/.git"
			if url == "../inner" { // from name/.git that is one folder too few
				address = host + "/" + name
			}
			tr := plant(t, nil, Options{})
			fetch := func(query string) (string, string) {
				need := model.Need{Kind: model.NeedFolder, Dir: "o", Address: address + "//" + query}
				if f := tr.Fetch(t.Context(), need); f != nil {
					return "", strings.ReplaceAll(f.Message, host, "HOST")
				}
				p, _ := Find(tr.opts.Upper, need)
				data, _ := os.ReadFile(filepath.Join(tr.upper, p.Path, "lib/x/kustomization.yaml"))
				return string(data), ""
			}
			got, failed := fetch("")
			switch name {
			case "relative":
				if got != "# inner\n" {
					t.Errorf("%q, %s", got, failed)
				}
			case "ssh":
				if !strings.HasSuffix(failed, `submodule "git@example.com:a/b": only http and https are fetched`) {
					t.Error(failed)
				}
			case "none":
				if !strings.HasSuffix(failed, "there are submodules and no .gitmodules") {
					t.Error(failed)
				}
			default:
				if !strings.Contains(failed, "submodule lib/x: ") {
					t.Error(failed)
				}
			}
			if got, failed := fetch("?submodules=0"); got != "" || failed != "" {
				t.Errorf("without submodules: %q, %s", got, failed)
			}
		})
	}
}

// TestResource tries a file first and a git repository then, as kustomize does.
func TestResource(t *testing.T) {
	dir := t.TempDir()
	fetchtest.Commit(t, dir, map[string]string{"kustomization.yaml": "", "sub/kustomization.yaml": ""})
	clone, _ := fetchtest.Git(t, dir)
	web, _ := fetchtest.Serve(t, map[string]string{
		"pod.yaml":  "kind: Pod\n---\nkind: Service\n",
		"page":      "<!DOCTYPE html><p>A page</p>",
		"org/page":  "<!DOCTYPE html><p>A page</p>",
		"large":     "kind: " + strings.Repeat("a", 2000),
		"a?b=c":     "",
		"no-kind":   "a: 1\n",
		"half.yaml": "kind: Pod\n---\na: [\n",
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved.yaml" {
			http.Redirect(w, r, "/pod.yaml", http.StatusMovedPermanently)
			return
		}
		http.NotFound(w, r)
	}))
	for _, tt := range []struct{ address, want string }{
		{web + "/pod.yaml", "pod.yaml"},
		{web + "/pod.yaml?token=x", "file"},
		{web + "/moved.yaml", "moved.yaml"},
		{clone, ""},
		{clone + "//sub?ref=master", "sub"},
		{clone + "/none", "fetch CLONE/none: 404 Not Found; as a git repository: fetch CLONE: there is no folder none at HEAD"},
		{web + "/none.yaml", "fetch WEB/none.yaml: 404 Not Found"},
		{web + "/page", "fetch WEB/page: no manifests: line 1 is none"},
		{web + "/org/page", "fetch WEB/org/page: no manifests: line 1 is none; as a git repository: fetch WEB/org/page: repository not found"},
		{web + "/no-kind", "fetch WEB/no-kind: no manifests: line 1 is none"},
		{web + "/half.yaml", "fetch WEB/half.yaml: no manifests: line 3: did not find expected node content"},
		{web + "/large", "fetch WEB/large: the answer is larger than 1KiB"},
		{"ssh://git@example.com/a/b", "fetch ssh://example.com/a/b: it would be cloned over ssh, which needs a key; only http and https are fetched"},
	} {
		tr := plant(t, nil, Options{File: 1 << 10})
		need := model.Need{Kind: model.NeedResource, Dir: "o", Address: tt.address}
		if f := tr.Fetch(t.Context(), need); f != nil {
			if got := strings.NewReplacer(clone, "CLONE", web, "WEB").Replace(f.Message); got != tt.want {
				t.Errorf("%s:\ngot  %s\nwant %s", tt.address, got, tt.want)
			}
			continue
		}
		p, ok := Find(tr.opts.Upper, need)
		if got := filepath.Base(p.Path); !ok || got != tt.want && tt.want != "" {
			t.Errorf("%s: %+v", tt.address, p)
		}
	}
	t.Run("name is taken", func(t *testing.T) {
		tr := plant(t, map[string]string{"o/" + repofs.Hidden + "/x": ""}, Options{})
		f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedFile, Dir: "o", Address: web + "/pod.yaml"})
		if f == nil || !strings.HasSuffix(f.Message, "o/.sekisho-fetched is in the repository, and is the name of what was fetched") {
			t.Error(f)
		}
	})
}

// TestParseGit reads addresses as kustomize does: a git of our own writes down
// what kustomize asks git for.
func TestParseGit(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a script is no program there")
	}
	bin := t.TempDir()
	asked := filepath.Join(bin, "asked")
	script := "#!/bin/sh\ncase $1 in\ninit) exit 0;;\nremote) exit 0;;\nfetch) echo \"$3 $4\" > " + asked + "; exit 1;;\nesac\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for _, entry := range []string{
		"github.com/org/repo", "github.com/org/repo/dir?ref=v1", "github.com/org/repo//dir/sub?ref=v1", "GitHub.com/org/repo",
		"github.com:org/repo", "github.com:org/repo.git//dir", "https://github.com/org/repo/dir/deep?version=x", "http://github.com/org/repo",
		"https://example.com/org/repo.git/dir?ref=a/b", "https://example.com/a/b/c.git", "https://example.com/a/b/c//d", "https://example.com:8443/a/b/c",
		"https://me@dev.azure.com/org/project/_git/repo/dir?ref=main", "https://dev.azure.com/org/project/_git/repo", "git::https://example.com/org/repo?ref=v1",
		"GIT::HTTPS://example.com/org/repo", "https://example.com/org/repo?ref=v1&timeout=10s", "https://example.com/org/repo?timeout=10&version=1",
		"https://example.com/org/repo?ref=%zz", "https://example.com/org", "https://example.com/", "https://example.com",
		"ssh://git@example.com/org/repo", "git@example.com:org/repo", "git@github.com:org/repo.git", "https://git@github.com/org/repo", "example.com/org/repo",
		"file:///a/b/.git//c", "https://example.com/org/repo//../x", "https://example.com/org/repo//a/../../x", "https://example.com/org/repo.gitlab/x",
		"https://example.com/org/repo/", "https://example.com//org/repo", "https://user:pass@example.com/org/repo", "../base", "a/b", "",
	} {
		_ = os.Remove(asked)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(fmt.Sprintf("components: [%q]\n", entry)), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
		data, _ := os.ReadFile(asked)
		want := strings.TrimSpace(string(data))
		a, err2 := parseGit(entry)
		got := ""
		if err2 == nil {
			ref := a.ref
			if ref == "" {
				ref = "HEAD"
			}
			got = a.url + " " + ref
		}
		if strings.HasPrefix(want, "http") && got != want || !strings.HasPrefix(want, "http") && got != "" {
			t.Errorf("%q:\ngot  %q, %v\nwant %q, %v", entry, got, err2, want, err)
		}
	}
	for entry, want := range map[string]string{
		"github.com/o/r": ".", "github.com/o/r/a/b": "a/b", "github.com/o/r//a//b/": "a/b", "https://x.y/a/b.git/c?ref=1": "c", "https://x.y/_git/r/c/d": "c/d",
	} {
		if a, err := parseGit(entry); err != nil || a.dir != want {
			t.Errorf("%s: %q, %v, want %q", entry, a.dir, err, want)
		}
	}
}

// TestCheckPack counts what a pack comes to before it is unpacked.
func TestCheckPack(t *testing.T) {
	store := memory.NewStorage()
	var hashes []plumbing.Hash
	for i := range 3 { // much alike, so that they become deltas
		obj := store.NewEncodedObject()
		obj.SetType(plumbing.BlobObject)
		w, _ := obj.Writer()
		fmt.Fprintf(w, "%s%d", strings.Repeat("0123456789", 10_000), i)
		w.Close()
		h, err := store.SetEncodedObject(obj)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	var pack bytes.Buffer
	if _, err := packfile.NewEncoder(&pack, store, false).Encode(hashes, 10); err != nil {
		t.Fatal(err)
	}
	if pack.Len() > 10_000 {
		t.Fatalf("the pack has %d bytes: no deltas", pack.Len())
	}
	if err := checkPack(pack.Bytes(), 300_010); err != nil {
		t.Error(err)
	}
	if err := checkPack(pack.Bytes(), 300_000); err == nil || err.Error() != "it is larger than 300000 bytes unpacked" {
		t.Error(err)
	}
	for n := range pack.Len() {
		_ = checkPack(pack.Bytes()[:n], 1<<30) // cut off anywhere: no panic
	}
}
