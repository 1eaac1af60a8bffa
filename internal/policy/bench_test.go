package policy_test

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/internal/facts"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/yamlpos"
	"github.com/sekisho/sekisho/policies"
)

// times repeats every built-in rule under other names until there are about n,
// so that the cost of a bigger catalogue shows before it is written. n of 0
// takes the rules as they are.
func times(tb testing.TB, n int) policy.Source {
	tb.Helper()
	fsys := fstest.MapFS{}
	var rules []string
	err := fs.WalkDir(policies.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(policies.FS, name)
		fsys[name] = &fstest.MapFile{Data: b}
		if path.Base(name) == "rule.rego" {
			rules = append(rules, name)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	for i := len(rules); i < n; i++ {
		name := rules[i%len(rules)]
		id := path.Base(path.Dir(name))
		copied := fmt.Sprintf("%s-%d", id, i)
		src := strings.Replace(string(fsys[name].Data), fmt.Sprintf("[%q]", id), fmt.Sprintf("[%q]", copied), 1)
		fsys[path.Join(path.Dir(path.Dir(name)), copied, "rule.rego")] = &fstest.MapFile{Data: []byte(src)}
	}
	return policy.Source{FS: fsys, Name: "policies", Builtin: true}
}

// workload is a Deployment of ordinary size, some of it wrong.
const workload = `apiVersion: apps/v1
kind: Deployment
metadata: {name: api-%[1]d, namespace: team-%[2]d, labels: {app: api}}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}, annotations: {checksum/config: "0123456789"}}
    spec:
      serviceAccountName: api
      securityContext: {runAsNonRoot: true, fsGroup: 1001}
      initContainers:
      - name: migrate
        image: registry.example.com/api:1.%[1]d
        command: [/bin/migrate, up]
      containers:
      - name: api
        image: registry.example.com/api:1.%[1]d
        ports: [{name: http, containerPort: 8080}]
        env:
        - {name: LOG_LEVEL, value: info}
        - {name: DB_HOST, value: db.team.svc}
        - name: DB_PASSWORD
          valueFrom: {secretKeyRef: {name: db, key: password}}
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        resources: {limits: {memory: 256Mi}, requests: {cpu: 100m, memory: 128Mi}}
        livenessProbe: {httpGet: {path: /healthz, port: http}}
        volumeMounts: [{name: config, mountPath: /etc/api}, {name: tmp, mountPath: /tmp}]
      - name: proxy
        image: registry.example.com/proxy
        securityContext: {privileged: true}
        volumeMounts: [{name: socket, mountPath: /run/proxy}]
      volumes:
      - {name: config, configMap: {name: api}}
      - {name: tmp, emptyDir: {}}
      - {name: socket, hostPath: {path: /run/proxy}}
`

// other is an object without a pod.
const other = `apiVersion: v1
kind: Service
metadata: {name: api-%[1]d, namespace: team-%[2]d, labels: {app: api}}
spec:
  type: ClusterIP
  selector: {app: api}
  ports: [{name: http, port: 80, targetPort: http}]
`

// objects makes n objects, every second one a workload.
func objects(tb testing.TB, n int) []model.View {
	tb.Helper()
	var src strings.Builder
	for i := range n {
		text := workload
		if i%2 == 1 {
			text = other
		}
		fmt.Fprintf(&src, text+"---\n", i, i%10)
	}
	return views(tb, src.String())
}

// views renders the documents of a text.
func views(tb testing.TB, src string) []model.View {
	tb.Helper()
	docs, err := yamlpos.Parse([]byte(src))
	if err != nil {
		tb.Fatal(err)
	}
	objects := make([]model.Object, len(docs))
	for i, d := range docs {
		if d.Err != nil {
			tb.Fatal(d.Err)
		}
		obj := &objects[i]
		obj.Value = d.Value.(map[string]any)
		obj.ID.APIVersion, _ = obj.Value["apiVersion"].(string)
		obj.ID.Kind, _ = obj.Value["kind"].(string)
		meta, _ := obj.Value["metadata"].(map[string]any)
		obj.ID.Name, _ = meta["name"].(string)
		obj.ID.Namespace, _ = meta["namespace"].(string)
	}
	views, err := facts.Views(tb.Context(), objects, facts.Options{KubeVersion: kubeVersion})
	if err != nil {
		tb.Fatal(err)
	}
	return views
}

const kubeVersion = "v1.37.0"

// BenchmarkJudge is the time of one object, half of them workloads, the
// policies compiled already.
func BenchmarkJudge(b *testing.B) {
	for _, rules := range []int{0, 120} {
		b.Run(fmt.Sprintf("rules=%d", rules), func(b *testing.B) {
			engine := engine(b, policy.Options{KubeVersion: kubeVersion, Strict: true}, times(b, rules))
			vs := objects(b, 200)
			engine.Judge(context.Background(), vs[:2])
			b.ReportAllocs()
			start := cpu(b)
			for b.Loop() {
				if _, failures := engine.Judge(context.Background(), vs); len(failures) > 0 {
					b.Fatal(failures[0])
				}
			}
			b.ReportMetric(float64((cpu(b)-start).Microseconds())/float64(b.N*len(vs)), "µs-cpu/object")
		})
	}
}

// BenchmarkRule is the price of each rule by itself:
//
//	go test ./internal/policy -run '^$' -bench 'Rule/pod' -benchtime 10x
//
// What Rule/none costs is the price of asking.
func BenchmarkRule(b *testing.B) {
	set, err := policy.Load(times(b, 0))
	if err != nil {
		b.Fatal(err)
	}
	vs := objects(b, 200)
	for _, rule := range append(set.Rules(), model.Rule{Category: "none"}) {
		b.Run(rule.Category+"/"+rule.ID, func(b *testing.B) {
			opts := policy.Options{KubeVersion: kubeVersion, Rules: map[string]policy.RuleOptions{}}
			for _, r := range set.Rules() {
				on := r.ID == rule.ID
				opts.Rules[r.ID] = policy.RuleOptions{Enabled: &on}
			}
			e, err := policy.New(set, opts)
			if err != nil {
				b.Fatal(err)
			}
			e.Judge(context.Background(), vs[:2])
			start := cpu(b)
			for b.Loop() {
				e.Judge(context.Background(), vs)
			}
			b.ReportMetric(float64((cpu(b)-start).Microseconds())/float64(b.N*len(vs)), "µs-cpu/object")
		})
	}
}

// BenchmarkColdStart is what a run on one workload pays before its first
// verdict: reading the rules, compiling what it needs, one query.
func BenchmarkColdStart(b *testing.B) {
	for _, rules := range []int{0, 120} {
		b.Run(fmt.Sprintf("rules=%d", rules), func(b *testing.B) {
			src, vs := times(b, rules), objects(b, 1)
			start := cpu(b)
			for b.Loop() {
				e := engine(b, policy.Options{KubeVersion: kubeVersion}, src)
				if _, failures := e.Judge(context.Background(), vs); len(failures) > 0 {
					b.Fatal(failures[0])
				}
			}
			b.ReportMetric(float64((cpu(b)-start).Microseconds())/float64(b.N)/1000, "ms-cpu/op")
		})
	}
}

// cpu is the time this process has used of all processors: unlike the clock,
// it is the same on a busy machine.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// engine loads sources and makes an engine of them.
func engine(tb testing.TB, opts policy.Options, sources ...policy.Source) *policy.Engine {
	tb.Helper()
	set, err := policy.Load(sources...)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := policy.New(set, opts)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}
