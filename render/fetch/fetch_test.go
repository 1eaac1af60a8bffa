package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/downloader"
	"helm.sh/helm/v3/pkg/getter"
	helmregistry "helm.sh/helm/v3/pkg/registry"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render/fetch/fetchtest"
)

// tree is a repository and what is laid over it.
type tree struct {
	dir, upper string
	*Fetcher
}

// plant writes a repository. Zero options are small limits.
func plant(t *testing.T, files map[string]string, opts Options) tree {
	t.Helper()
	dir, upper := t.TempDir(), t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open := func(dir string) *os.Root {
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { root.Close() })
		return root
	}
	opts.Root, opts.Upper = open(dir), open(upper)
	if opts.Time == 0 {
		opts.Time = time.Minute
	}
	if opts.File == 0 {
		opts.File = 1 << 20
	}
	if opts.Archive == 0 {
		opts.Archive = 1 << 20
	}
	f := New(opts)
	t.Cleanup(f.http.CloseIdleConnections)
	return tree{dir, upper, f}
}

// laid are the files of a folder, by name.
func laid(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if e.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(filepath.Join(dir, name))
			files[name] = "-> " + target
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func chartYAML(name, dependencies string) string {
	return "apiVersion: v2\nname: " + name + "\nversion: 1.0.0\ndependencies:\n" + dependencies
}

var (
	db11  = fetchtest.Chart{Name: "db", Version: "1.1.0", Files: map[string]string{"values.yaml": "v: 1.1\n"}}
	db12  = fetchtest.Chart{Name: "db", Version: "1.2.0+build.7", Files: map[string]string{"values.yaml": "v: 1.2\n"}}
	db20  = fetchtest.Chart{Name: "db", Version: "2.0.0-rc.1"}
	queue = fetchtest.Chart{Name: "queue", Version: "0.3.0"}
)

// TestDependencies fetches what Helm's own downloader does, byte for byte.
func TestDependencies(t *testing.T) {
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	web, _ := fetchtest.Repository(t, db11, db12, db20, queue)
	oci, _ := fetchtest.Registry(t, db11, db12, db20, queue)
	for name, dependencies := range map[string]string{
		"newest of a range":       "- {name: db, version: 1.x.x, repository: REPO}\n",
		"build metadata":          "- {name: db, version: 1.2.0+build.7, repository: REPO}\n",
		"exact":                   "- {name: db, version: 1.1.0, repository: REPO}\n- {name: queue, version: ~0, repository: REPO}\n",
		"before a release":        "- {name: db, version: \">=2.0.0-0\", repository: REPO}\n",
		"two versions of one":     "- {name: db, version: 1.1.0, repository: REPO}\n- {name: db, alias: other, version: 2.0.0-rc.1, repository: REPO}\n",
		"of a chart switched off": "- {name: db, version: ~1.1, repository: REPO, condition: db.enabled}\n",
	} {
		for kind, repo := range map[string]string{"http": web, "oci": oci} {
			t.Run(name+" by "+kind, func(t *testing.T) {
				tr := plant(t, map[string]string{"app/Chart.yaml": chartYAML("app", strings.ReplaceAll(dependencies, "REPO", repo))}, Options{})
				before := laid(t, tr.dir)
				for _, chart := range []string{"db", "queue"} {
					if !strings.Contains(dependencies, "name: "+chart) {
						continue
					}
					if f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedDependency, Dir: "app", Name: chart}); f != nil {
						t.Fatal(f.Message)
					}
				}
				if after := laid(t, tr.dir); len(after) != len(before) {
					t.Errorf("the repository was written to: %q", after)
				}
				build(t, filepath.Join(tr.dir, "app"))
				got, want := archives(t, tr.upper), archives(t, tr.dir)
				if !slices.Equal(got, want) {
					t.Errorf("got %q\nHelm %q", got, want)
				}
			})
		}
	}
}

// archives are the packed charts below a folder and what they hold.
func archives(t *testing.T, dir string) []string {
	var list []string
	for name, text := range laid(t, dir) {
		if strings.HasSuffix(name, ".tgz") {
			list = append(list, name+"\n"+text)
		}
	}
	slices.Sort(list)
	return list
}

// build is helm dependency build, with nothing of the user's.
func build(t *testing.T, dir string) {
	t.Helper()
	home := t.TempDir()
	client, err := helmregistry.NewClient(helmregistry.ClientOptPlainHTTP(), helmregistry.ClientOptWriter(io.Discard),
		helmregistry.ClientOptCredentialsFile(filepath.Join(home, "none.json")))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HELM_CACHE_HOME", home)
	settings := cli.New()
	m := &downloader.Manager{
		Out: io.Discard, ChartPath: dir, Getters: getter.All(settings), RegistryClient: client,
		RepositoryConfig: filepath.Join(home, "repositories.yaml"), RepositoryCache: filepath.Join(home, "repository"),
	}
	if err := m.Build(); err != nil {
		t.Fatal(err)
	}
}

// TestLock takes the locked versions, though there are newer ones.
func TestLock(t *testing.T) {
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	old, _ := fetchtest.Repository(t, db11)
	for name, chart := range map[string]string{"Chart.lock": chartYAML("app", "- {name: db, version: 1.x.x, repository: REPO}\n"), "requirements.lock": "apiVersion: v1\nname: app\nversion: 1.0.0\n"} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"app/Chart.yaml": strings.ReplaceAll(chart, "REPO", old)}
			if name == "requirements.lock" {
				files["app/requirements.yaml"] = "dependencies:\n- {name: db, version: 1.x.x, repository: " + old + "}\n"
			}
			tr := plant(t, files, Options{})
			app := filepath.Join(tr.dir, "app")
			build(t, app) // writes the lock
			if err := os.RemoveAll(filepath.Join(app, "charts")); err != nil {
				t.Fatal(err)
			}
			// The same lock, for a repository that has moved on.
			now, _ := fetchtest.Repository(t, db11, db12)
			tr.indexes.do(old+"/index.yaml", func() (*index, error) {
				return &index{Entries: map[string][]indexEntry{"db": {
					{Version: db12.Version, URLs: []string{now + "/" + db12.File()}},
					{Version: db11.Version, URLs: []string{now + "/" + db11.File()}},
				}}}, nil
			})
			if f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedDependency, Dir: "app", Name: "db"}); f != nil {
				t.Fatal(f.Message)
			}
			if got := archives(t, tr.upper); len(got) != 1 || got[0] != "app/charts/db-1.1.0.tgz\n"+string(db11.Archive()) {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestOnce asks a server no more than it must.
func TestOnce(t *testing.T) {
	repo, asked := fetchtest.Repository(t, db11)
	dep := chartYAML("a", "- {name: db, version: 1.x.x, repository: "+repo+"}\n")
	tr := plant(t, map[string]string{"a/Chart.yaml": dep, "b/Chart.yaml": dep}, Options{})
	done := make(chan *model.Failure)
	needs := []string{"a", "b", "a", "b"}
	for _, dir := range needs {
		go func() {
			done <- tr.Fetch(t.Context(), model.Need{Kind: model.NeedDependency, Dir: dir, Name: "db"})
		}()
	}
	for range needs {
		if f := <-done; f != nil {
			t.Error(f.Message)
		}
	}
	if n := len(asked.All()); n != 2 {
		t.Errorf("%d requests for an index and a chart", n)
	}
	if n := len(archives(t, tr.upper)); n != 2 {
		t.Errorf("%d archives for two charts", n)
	}
}

// TestNothingOfTheUsers lets everything lie about that other programs use.
func TestNothingOfTheUsers(t *testing.T) {
	repo, asked := fetchtest.Repository(t, db11)
	oci, askedToo := fetchtest.Registry(t, db11)
	home := t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	host := strings.TrimPrefix(strings.TrimSuffix(oci, "/charts"), "oci://")
	login := fmt.Sprintf(`{"auths": {%q: {"auth": "Y2FuYXJ5OmNhbmFyeQ=="}}}`, host)
	write(".netrc", "default login canary password canary\n")
	write(".docker/config.json", login)
	write(".config/helm/registry/config.json", login)
	write(".config/helm/repositories.yaml", "apiVersion: \"\"\nrepositories:\n- {name: stable, url: "+repo+", username: canary, password: canary}\n")
	write(".gitconfig", "[http]\n\textraHeader = X-Canary: canary\n")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	t.Setenv("NETRC", filepath.Join(home, ".netrc"))
	t.Setenv("CANARY", "canary")
	git := t.TempDir()
	fetchtest.Commit(t, git, map[string]string{"kustomization.yaml": ""})
	clone, askedGit := fetchtest.Git(t, git)
	tr := plant(t, map[string]string{
		"a/Chart.yaml": chartYAML("a", "- {name: db, version: 1.x.x, repository: "+repo+"}\n"),
		"b/Chart.yaml": chartYAML("b", "- {name: db, version: 1.x.x, repository: \""+oci+"\"}\n"),
	}, Options{})
	for _, need := range []model.Need{
		{Kind: model.NeedDependency, Dir: "a", Name: "db"},
		{Kind: model.NeedDependency, Dir: "b", Name: "db"},
		{Kind: model.NeedFolder, Dir: "o", Address: clone},
	} {
		if f := tr.Fetch(t.Context(), need); f != nil {
			t.Error(f.Message)
		}
	}
	all := slices.Concat(asked.All(), askedToo.All(), askedGit.All())
	if len(all) < 5 {
		t.Errorf("only %d requests were seen", len(all))
	}
	for _, r := range all {
		if r.Header.Get("Authorization") != "" || strings.Contains(fmt.Sprint(r.URL, r.Header), "canary") {
			t.Errorf("%s %s: %v", r.Method, r.URL, r.Header)
		}
	}
}

// TestDependencyFailures names what is wrong, and where.
func TestDependencyFailures(t *testing.T) {
	repo, _ := fetchtest.Repository(t, db11)
	oci, _ := fetchtest.Registry(t, db11)
	large := fetchtest.Chart{Name: "db", Version: "1.1.0", Files: map[string]string{"a.txt": strings.Repeat("a", 50_000)}}
	// serve makes a repository whose one archive, or index, is another.
	serve := func(index string, archive []byte) string {
		address, _ := fetchtest.Serve(t, map[string]string{"index.yaml": index, "db-1.1.0.tgz": string(archive)}, nil)
		return address
	}
	plain := "entries: {db: [{version: 1.1.0, urls: [db-1.1.0.tgz]}]}\n"
	answer := func(f http.HandlerFunc) string {
		address, _ := fetchtest.Serve(t, nil, f)
		return address
	}
	slow := answer(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	})
	corrupt := answer(func(w http.ResponseWriter, r *http.Request) {
		const layer = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
		if strings.Contains(r.URL.Path, "/blobs/") {
			fmt.Fprint(w, "chart")
			return
		}
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		fmt.Fprintf(w, `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{"mediaType":%q,"digest":%q,"size":5}]}`, chartLayers[0], layer)
	})
	wrongDigest := strings.Replace(plain, "urls:", "digest: aaaa, urls:", 1)
	small := Options{Archive: 10_000}
	sum := sha256.Sum256(db11.Archive())
	digestOf11 := hex.EncodeToString(sum[:])
	tests := []struct {
		name, version, repository string
		files                     map[string]string
		opts                      Options
		want                      string
	}{
		{"no server", "1.1.0", "http://127.0.0.1:1", nil, Options{}, `fetch http://127.0.0.1:1/index.yaml: dial tcp 127.0.0.1:1: …`},
		{"no index", "1.1.0", repo + "/none", nil, Options{}, `fetch REPO/none/index.yaml: 404 Not Found`},
		{"no chart", "1.1.0", serve("entries: {}\n", nil), nil, Options{}, `ADDR/index.yaml: there is no chart "db"`},
		{"no version", "^3", repo, nil, Options{}, `REPO/index.yaml: there is no version ^3 of chart "db"`},
		{"a version that is none", "one", repo, nil, Options{}, `REPO/index.yaml: version "one" of chart "db": improper constraint: "one"`},
		{"an index that is none", "1.1.0", serve("a: [", nil), nil, Options{}, `read ADDR/index.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content`},
		{"archive gone", "1.1.0", answer(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/index.yaml" {
				fmt.Fprint(w, plain)
			} else {
				http.Error(w, "", http.StatusGone)
			}
		}), nil, Options{}, `fetch ADDR/db-1.1.0.tgz: 410 Gone`},
		{"another archive", "1.1.0", serve(wrongDigest, db11.Archive()), nil, Options{}, `check ADDR/db-1.1.0.tgz: its digest is DIGEST, not aaaa`},
		{"no archive", "1.1.0", serve(plain, []byte("text")), nil, Options{}, `unpack ADDR/db-1.1.0.tgz: it is not a gzipped archive`},
		{"another chart", "1.1.0", serve(plain, queue.Archive()), nil, Options{}, `unpack ADDR/db-1.1.0.tgz: it holds chart queue 0.3.0, not db 1.1.0`},
		{"another version", "1.x", serve(plain, db12.Archive()), nil, Options{}, `unpack ADDR/db-1.1.0.tgz: it holds chart db 1.2.0+build.7, not db 1.1.0`},
		{"a name that leads out", "1.1.0", serve(plain, fetchtest.Pack("db/", map[string]string{"Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.1.0\n", "../../../out.yaml": "a: 1\n"})), nil, Options{}, `unpack ADDR/db-1.1.0.tgz: chart illegally references parent directory`},
		{"a name that is a path", "1.1.0", serve(plain, fetchtest.Pack("db/", map[string]string{"Chart.yaml": "apiVersion: v2\nname: ../db\nversion: 1.1.0\n"})), nil, Options{}, `unpack ADDR/db-1.1.0.tgz: validation: chart.metadata.name "../db" is invalid`},
		{"too large", "1.1.0", serve(plain+strings.Repeat("# much\n", 2000), nil), nil, small, `fetch ADDR/index.yaml: the answer is larger than 10000 bytes`},
		{"too large unpacked", "1.1.0", serve(plain, large.Archive()), nil, small, `unpack ADDR/db-1.1.0.tgz: decompressed chart is larger than the maximum file size 10000`},
		{"too many requests", "1.1.0", serve(plain, db11.Archive()), nil, Options{Requests: 1}, `fetch ADDR/db-1.1.0.tgz: more than 1 requests in one run`},
		{"sent to a file", "1.1.0", answer(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		}), nil, Options{}, `fetch ADDR/index.yaml: sent on to file://: only http and https are fetched`},
		{"sent around", "1.1.0", answer(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }), nil, Options{}, `fetch ADDR/index.yaml: more than 10 redirects`},
		{"slow", "1.1.0", slow, nil, Options{Time: 50 * time.Millisecond}, `fetch ADDR/index.yaml: took longer than 50ms`},
		{"user and password", "1.1.0", strings.Replace(repo, "://", "://me:secret@", 1) + "/none", nil, Options{}, `fetch REPO/none/index.yaml: 404 Not Found`},
		{"alias of a repository", "1.1.0", "\"@stable\"", nil, Options{}, `its repository "@stable" is neither http(s):// nor oci://, and names from the machine's own helm configuration are not looked up`},
		{"no tag", "9.9.9", oci, nil, Options{}, `fetch OCI/db:9.9.9: HOST/db:9.9.9: not found`},
		{"no chart in the registry", "1.x", oci + "/none", nil, Options{}, `list the versions of OCI/none/db: GET "HTTP/v2/charts/none/db/tags/list": response status code 404: name unknown: Unknown name`},
		{"no version in the registry", "^3", oci, nil, Options{}, `OCI/db: there is no version ^3 of chart "db"`},
		{"another layer", "1.1.0", "oci" + strings.TrimPrefix(corrupt, "http"), nil, Options{}, `fetch oci://HOST/db:1.1.0: it does not have its digest: mismatched digest`},
		{"slow registry", "1.1.0", "oci" + strings.TrimPrefix(slow, "http"), nil, Options{Time: 50 * time.Millisecond}, `fetch oci://HOST/db:1.1.0: took longer than 50ms`},
		{"lock out of sync", "1.1.0", repo, map[string]string{"app/Chart.lock": "dependencies:\n- name: db\n  repository: " + repo + "\n  version: 1.1.0\ndigest: sha256:00\ngenerated: \"2024-01-01T00:00:00Z\"\n"}, Options{}, `app/Chart.lock:5: the lock is out of sync with the dependencies (run helm dependency update)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"app/Chart.yaml": chartYAML("app", "- {name: db, version: "+tt.version+", repository: "+tt.repository+"}\n")}
			for name, text := range tt.files {
				files[name] = text
			}
			tr := plant(t, files, tt.opts)
			f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedDependency, Dir: "app", Name: "db"})
			if f == nil {
				t.Fatal("it was fetched")
			}
			got := f.Message
			got = strings.TrimPrefix(got, `dependency "db" of chart "app": `)
			if f.File != "" {
				got = fmt.Sprintf("%s:%d: %s", f.File, f.Line, got)
			}
			host := strings.TrimPrefix(strings.TrimSuffix(oci, "/charts"), "oci://")
			_, server, _ := strings.Cut(tt.repository, "://")
			want := strings.NewReplacer("ADDR", tt.repository, "REPO", repo, "OCI", oci, "HTTP", "http://"+host, "HOST", server,
				"DIGEST", digestOf11).Replace(tt.want)
			// What a system says of a connection is its own.
			if prefix, open := strings.CutSuffix(want, "…"); got != want && !(open && strings.HasPrefix(got, prefix)) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if n := len(archives(t, tr.upper)); n > 0 {
				t.Errorf("%d archives were kept", n)
			}
		})
	}
}

// TestDigestWithLock blames the lock's entry: that is what no longer holds.
func TestDigestWithLock(t *testing.T) {
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	archive := string(db11.Archive())
	files := map[string]string{"index.yaml": fetchtest.Index(db11), db11.File(): archive}
	repo, _ := fetchtest.Serve(t, files, nil)
	tr := plant(t, map[string]string{"app/Chart.yaml": chartYAML("app", "- {name: db, version: 1.x.x, repository: "+repo+"}\n")}, Options{})
	build(t, filepath.Join(tr.dir, "app"))
	files[db11.File()] = string(fetchtest.Chart{Name: "db", Version: "1.1.0", Files: map[string]string{"values.yaml": "evil: true\n"}}.Archive())
	f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedDependency, Dir: "app", Name: "db"})
	if f == nil || f.File != "app/Chart.lock" || f.Line != 2 || !strings.Contains(f.Message, "its digest is ") {
		t.Errorf("%+v", f)
	}
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("a library gave up") }

// TestPanic keeps the panic of a library from everybody who waits for the same.
func TestPanic(t *testing.T) {
	tr := plant(t, map[string]string{"o/kustomization.yaml": ""}, Options{})
	tr.http.Transport = panicking{}
	for _, dir := range []string{"o", "p", "o"} {
		f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedFile, Dir: dir, Address: "http://127.0.0.1:1/a.yaml"})
		if f == nil || f.Message != "fetch http://127.0.0.1:1/a.yaml: gave up: a library gave up" {
			t.Errorf("%+v", f)
		}
	}
}

// TestBudget bounds what all fetches together lay down.
func TestBudget(t *testing.T) {
	repo, _ := fetchtest.Repository(t, db11)
	dep := chartYAML("a", "- {name: db, version: 1.x.x, repository: "+repo+"}\n")
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%d/Chart.yaml", i)] = dep
	}
	limit := int64(2 * len(db11.Archive()))
	tr := plant(t, files, Options{Archive: limit})
	for i := range 20 {
		if f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedDependency, Dir: fmt.Sprint(i), Name: "db"}); f != nil {
			t.Fatal(f.Message)
		}
	}
	f := tr.Fetch(t.Context(), model.Need{Kind: model.NeedFile, Dir: "o", Address: repo + "/index.yaml"})
	if f == nil || !strings.Contains(f.Message, "everything together is larger than") {
		t.Error(f)
	}
}
