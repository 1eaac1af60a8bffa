// Package fetchtest makes the servers that tests fetch from, on the loopback
// address: in go charts and git repositories, out come addresses. The OCI
// registry and what pushes to it, and git's own server program, are others'
// work, so that a test does not judge our reading by our writing.
package fetchtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/server"
	"github.com/google/go-containerregistry/pkg/registry"
	helmregistry "helm.sh/helm/v3/pkg/registry"
)

// Chart is a chart to serve. Its templates are files below the chart's folder.
type Chart struct {
	Name, Version string
	Files         map[string]string
}

// File is the name of the chart's archive.
func (c Chart) File() string { return c.Name + "-" + c.Version + ".tgz" }

// Archive packs a chart, always to the same bytes.
func (c Chart) Archive() []byte {
	files := map[string]string{"Chart.yaml": fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", c.Name, c.Version)}
	maps.Copy(files, c.Files)
	return Pack(c.Name+"/", files)
}

// Pack makes a compressed archive of files, whatever their names.
func Pack(prefix string, files map[string]string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_ = t.WriteHeader(&tar.Header{Name: prefix + name, Mode: 0o644, Size: int64(len(files[name]))}) // a Buffer takes all
		_, _ = io.WriteString(t, files[name])
	}
	_ = t.Close()
	_ = z.Close()
	return b.Bytes()
}

// Index is the index.yaml of a repository with some charts, newest last.
func Index(charts ...Chart) string {
	byName := map[string][]Chart{}
	for _, c := range charts {
		byName[c.Name] = append(byName[c.Name], c)
	}
	var b strings.Builder
	b.WriteString("apiVersion: v1\nentries:\n")
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		fmt.Fprintf(&b, "  %s:\n", name)
		for _, c := range byName[name] {
			sum := sha256.Sum256(c.Archive())
			fmt.Fprintf(&b, "  - {apiVersion: v2, name: %s, version: %s, urls: [%s], digest: %s}\n", c.Name, c.Version, c.File(), hex.EncodeToString(sum[:]))
		}
	}
	return b.String()
}

// Requests are what a server was asked.
type Requests struct{ list chan *http.Request }

// All are the requests so far, in order.
func (r *Requests) All() []*http.Request {
	var all []*http.Request
	for len(r.list) > 0 {
		all = append(all, <-r.list)
	}
	return all
}

// Serve serves files by their path, without the slash in front, and then what a
// handler has. It returns the address, without a slash at its end.
func Serve(t testing.TB, files map[string]string, more http.Handler) (string, *Requests) {
	t.Helper()
	asked := &Requests{make(chan *http.Request, 1000)}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.list <- r
		if text, ok := files[strings.TrimPrefix(r.URL.Path, "/")]; ok {
			_, _ = io.WriteString(w, text)
			return
		}
		if more != nil {
			more.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// Repository serves a chart repository.
func Repository(t testing.TB, charts ...Chart) (string, *Requests) {
	t.Helper()
	files := map[string]string{"index.yaml": Index(charts...)}
	for _, c := range charts {
		files[c.File()] = string(c.Archive())
	}
	return Serve(t, files, nil)
}

// Registry serves an OCI registry that Helm pushed some charts to. Their
// repository is the address, like oci://127.0.0.1:1234/charts.
func Registry(t testing.TB, charts ...Chart) (string, *Requests) {
	t.Helper()
	address, asked := Serve(t, nil, registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	host := strings.TrimPrefix(address, "http://")
	client, err := helmregistry.NewClient(
		helmregistry.ClientOptPlainHTTP(), helmregistry.ClientOptWriter(io.Discard),
		helmregistry.ClientOptCredentialsFile(filepath.Join(t.TempDir(), "none.json")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range charts {
		if _, err := client.Push(c.Archive(), host+"/charts/"+c.Name+":"+c.Version); err != nil {
			t.Fatal(err)
		}
	}
	asked.All()
	return "oci://" + host + "/charts", asked
}

// Commit writes files into a folder and commits all of them to the git
// repository there, which it makes if need be. It returns the commit.
func Commit(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	repo, err := git.PlainOpen(dir)
	if err != nil {
		repo, err = git.PlainInit(dir, false)
	}
	check(err)
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		check(os.MkdirAll(filepath.Dir(name), 0o755))
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			check(os.Symlink(target, name))
			continue
		}
		check(os.WriteFile(name, []byte(text), 0o644))
	}
	tree, err := repo.Worktree()
	check(err)
	check(tree.AddGlob("."))
	who := &object.Signature{Name: "t", Email: "t@example.com", When: time.Unix(1, 0)}
	hash, err := tree.Commit("a commit", &git.CommitOptions{Author: who, AllowEmptyCommits: true})
	check(err)
	return hash.String()
}

// Git serves the git repository in a folder, at an address that ends in
// /org/repo, by go-git: no shallow fetches, no commits by their hash.
func Git(t testing.TB, dir string) (string, *Requests) {
	t.Helper()
	repo, err := git.PlainOpen(dir)
	if err != nil {
		t.Fatal(err)
	}
	endpoint := &transport.Endpoint{Path: "/org/repo"}
	loader := server.MapLoader{endpoint.String(): repo.Storer}
	answer := func(w http.ResponseWriter, r *http.Request) error {
		session, err := server.NewServer(loader).NewUploadPackSession(endpoint, nil)
		if err != nil {
			return err
		}
		if strings.HasSuffix(r.URL.Path, "/info/refs") {
			refs, err := session.AdvertisedReferencesContext(r.Context())
			if err != nil {
				return err
			}
			refs.Prefix = [][]byte{[]byte("# service=git-upload-pack"), pktline.Flush}
			w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
			return refs.Encode(w)
		}
		req := packp.NewUploadPackRequest()
		if err := req.Decode(r.Body); err != nil {
			return err
		}
		resp, err := session.UploadPack(r.Context(), req)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		return resp.Encode(w)
	}
	address, asked := Serve(t, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/org/repo/info/refs" && r.URL.Path != "/org/repo/git-upload-pack" {
			http.NotFound(w, r)
		} else if err := answer(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	return address + "/org/repo", asked
}

// RealGit serves the git repositories below a folder, each at its name, by the
// program that comes with git. Without git the test is skipped.
func RealGit(t testing.TB, dir string) (string, *Requests) {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Skip("git is not installed")
	}
	backend := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skip("git comes without its server")
	}
	return Serve(t, nil, &cgi.Handler{
		Path: backend, Stderr: io.Discard,
		Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	})
}
