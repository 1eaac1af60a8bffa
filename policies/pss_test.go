package policies_test

// The Pod Security rules are held to Kubernetes' own evaluator, check by check
// and for every version:
//
//	go test ./policies -run TestPodSecurity                        fixtures and 10,000 random pods
//	SEKISHO_PODS=200000 SEKISHO_SEED=7 go test ./policies -run TestPodSecurityRandom

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	pss "k8s.io/pod-security-admission/policy"

	"github.com/sekisho/sekisho/internal/facts"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/yamlpos"
	"github.com/sekisho/sekisho/policies"
)

// newestMinor is the newest version that changed a check.
func newestMinor() int {
	newest := 0
	for _, c := range pss.DefaultChecks() {
		newest = max(newest, c.Versions[len(c.Versions)-1].MinimumVersion.Minor())
	}
	return newest
}

// TestPodSecurityChecks holds that every check has one rule, and every rule's
// pss names a check of that level.
func TestPodSecurityChecks(t *testing.T) {
	want := map[model.PSS]int{}
	for _, c := range pss.DefaultChecks() {
		want[model.PSS{Level: string(c.Level), Check: string(c.ID)}] = 1
	}
	got := map[model.PSS]int{}
	for _, r := range podSecurityRules(t).Rules() {
		if r.PSS != nil {
			got[*r.PSS]++
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks (-) and the rules for them (+):\n%s", diff)
	}
}

// TestPodSecurityFixtures judges the pods that Kubernetes tests its evaluator
// with. Beside the verdict, their folders say what it must be.
func TestPodSecurityFixtures(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Skipf("the module cache cannot be asked: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "test", "testdata")
	files, err := filepath.Glob(filepath.Join(dir, "*", "v1.*", "*", "*.yaml"))
	if err != nil || len(files) < 4000 {
		t.Fatalf("%s holds %d fixtures (%v)", dir, len(files), err)
	}
	byMinor := map[int][]*subject{}
	for _, file := range files {
		rel, _ := filepath.Rel(dir, file)
		parts := strings.Split(filepath.ToSlash(rel), "/") // restricted/v1.25/fail/seccomp0.yaml
		minor, err := strconv.Atoi(strings.TrimPrefix(parts[1], "v1."))
		if err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := yamlpos.Parse(src)
		if err != nil || len(docs) != 1 || docs[0].Err != nil {
			t.Fatalf("%s: %d documents, %v", rel, len(docs), err)
		}
		s := newSubject(t, rel, docs[0].Value.(map[string]any), bare)
		s.level, s.allowed = parts[0], parts[2] == "pass"
		byMinor[minor] = append(byMinor[minor], s)
	}
	set := podSecurityRules(t)
	for _, minor := range slices.Sorted(maps.Keys(byMinor)) {
		compare(t, set, minor, byMinor[minor])
	}
	t.Logf("%d fixtures of %d versions", len(files), len(byMinor))
}

// TestPodSecurityRandom judges made-up pods, each bare at one version and inside
// a workload at another.
func TestPodSecurityRandom(t *testing.T) {
	pods, seed := number(t, "SEKISHO_PODS", 10_000), number(t, "SEKISHO_SEED", 1)
	rnd := rand.New(rand.NewPCG(uint64(seed), 0))
	newest := newestMinor()
	set := podSecurityRules(t)
	outcomes := map[string][2]int{} // by check: allowed, forbidden
	const batch = 2000              // bounds the memory
	for from := 0; from < pods; from += batch {
		byMinor := map[int][]*subject{}
		for i := from; i < min(pods, from+batch); i++ {
			pod := randomPod(rnd)
			name := fmt.Sprintf("seed %d, pod %d", seed, i)
			for _, kind := range []workload{bare, workloads[rnd.IntN(len(workloads))]} {
				// One version beyond the newest is judged like the newest.
				minor := rnd.IntN(newest + 2)
				byMinor[minor] = append(byMinor[minor], newSubject(t, name, pod, kind))
			}
		}
		for _, minor := range slices.Sorted(maps.Keys(byMinor)) {
			for check, n := range compare(t, set, minor, byMinor[minor]) {
				sum := outcomes[check]
				outcomes[check] = [2]int{sum[0] + n[0], sum[1] + n[1]}
			}
		}
		if t.Failed() {
			return
		}
	}
	// Agreement means something only where both answers were given often.
	for _, check := range slices.Sorted(maps.Keys(outcomes)) {
		n := outcomes[check]
		t.Logf("%-28s allowed %6d, forbidden %6d", check, n[0], n[1])
		if min(n[0], n[1]) < pods/100 {
			t.Errorf("%s: the random pods hardly ask it: allowed %d, forbidden %d times", check, n[0], n[1])
		}
	}
}

// subject is a pod to judge, by both.
type subject struct {
	name    string
	level   string // of a fixture, else ""
	allowed bool   // what the fixture's folder says
	pod     corev1.Pod
	view    model.View
}

// workload is a kind that carries a pod.
type workload struct {
	apiVersion, kind string
	path             []string // of the template
}

var (
	bare      = workload{"v1", "Pod", nil}
	workloads = []workload{
		{"v1", "ReplicationController", []string{"spec", "template"}},
		{"v1", "PodTemplate", []string{"template"}},
		{"apps/v1", "Deployment", []string{"spec", "template"}},
		{"apps/v1", "StatefulSet", []string{"spec", "template"}},
		{"apps/v1", "DaemonSet", []string{"spec", "template"}},
		{"apps/v1", "ReplicaSet", []string{"spec", "template"}},
		{"batch/v1", "Job", []string{"spec", "template"}},
		{"batch/v1", "CronJob", []string{"spec", "jobTemplate", "spec", "template"}},
	}
)

// newSubject reads a pod the way the API server does, and puts it into a
// workload for us.
func newSubject(t *testing.T, name string, pod map[string]any, kind workload) *subject {
	s := &subject{name: name + " in " + kind.kind}
	b, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &s.pod); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, b)
	}
	for i := range s.pod.Spec.Volumes {
		// The one default that the API server sets and a check looks at.
		if v := &s.pod.Spec.Volumes[i]; v.VolumeSource == (corev1.VolumeSource{}) {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	value := map[string]any{"apiVersion": kind.apiVersion, "kind": kind.kind, "metadata": map[string]any{"name": "x"}}
	if kind.path == nil {
		value["metadata"], value["spec"] = pod["metadata"], pod["spec"]
	} else {
		inner := map[string]any{"metadata": pod["metadata"], "spec": pod["spec"]}
		for i := len(kind.path) - 1; i > 0; i-- {
			inner = map[string]any{kind.path[i]: inner}
		}
		value[kind.path[0]] = inner
	}
	obj := model.Object{Value: value, ID: model.ObjectID{APIVersion: kind.apiVersion, Kind: kind.kind, Name: "x"}}
	views, err := facts.Views(t.Context(), []model.Object{obj}, facts.Options{KubeVersion: "v1.37.0"})
	if err != nil {
		t.Fatal(err)
	}
	s.view = views[0]
	return s
}

// compare judges pods at one version by Kubernetes and by our rules. It counts
// for each check of the version how often the pods were allowed and forbidden.
func compare(t *testing.T, set *policy.Set, minor int, subjects []*subject) map[string][2]int {
	t.Helper()
	views := make([]model.View, len(subjects))
	for i, s := range subjects {
		views[i] = s.view
	}
	engine := podSecurityEngine(t, set, minor)
	verdicts, failures := engine.Judge(context.Background(), views)
	for _, f := range failures {
		t.Errorf("1.%d: %s", minor, f.Message)
	}
	ours := make([]map[string]bool, len(subjects))
	for i := range ours {
		ours[i] = map[string]bool{}
	}
	for _, v := range verdicts {
		ours[v.View][v.Rule.PSS.Check] = true
	}
	evaluator, err := pss.NewEvaluator(pss.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	version := api.MajorMinorVersion(1, minor)
	checks, overridden := checksOf(version)
	outcomes := map[string][2]int{}
	for i, s := range subjects {
		theirs := map[string]bool{}
		for id, c := range checks {
			n := outcomes[id]
			if c.run(&s.pod.ObjectMeta, &s.pod.Spec).Allowed {
				n[0]++
			} else {
				n[1]++
				theirs[id] = true
			}
			outcomes[id] = n
		}
		if diff := cmp.Diff(theirs, ours[i]); diff != "" {
			text, _ := json.Marshal(s.view.Object.Value)
			t.Errorf("%s, 1.%d: failing checks (-Kubernetes +rules):\n%s%s", s.name, minor, diff, text)
		}
		for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
			allowed := true
			for id := range ours[i] {
				baseline := checks[id].level == api.LevelBaseline
				if level == api.LevelBaseline && baseline || level == api.LevelRestricted && !overridden[id] {
					allowed = false
				}
			}
			results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: version}, &s.pod.ObjectMeta, &s.pod.Spec)
			if want := pss.AggregateCheckResults(results).Allowed; allowed != want {
				t.Errorf("%s, %s 1.%d: rules allow it: %v, Kubernetes: %v", s.name, level, minor, allowed, want)
			}
			if s.level == string(level) && allowed != s.allowed {
				t.Errorf("%s, %s 1.%d: rules allow it: %v, the fixture says %v", s.name, level, minor, allowed, s.allowed)
			}
		}
	}
	return outcomes
}

// check is one check as it is at some version.
type check struct {
	level api.Level
	run   pss.CheckPodFn
}

// checksOf are the checks of a version by id, and the baseline ones that a
// restricted check takes the place of at the restricted level.
func checksOf(version api.Version) (checks map[string]check, overridden map[string]bool) {
	checks, overridden = map[string]check{}, map[string]bool{}
	for _, c := range pss.DefaultChecks() {
		for _, v := range slices.Backward(c.Versions) {
			if version.Older(v.MinimumVersion) {
				continue
			}
			checks[string(c.ID)] = check{c.Level, v.CheckPod}
			for _, id := range v.OverrideCheckIDs {
				overridden[string(id)] = true
			}
			break
		}
	}
	return checks, overridden
}

// podSecurityRules loads the built-in rules.
func podSecurityRules(t *testing.T) *policy.Set {
	t.Helper()
	set, err := policy.Load(policy.Source{FS: policies.FS, Name: "policies", Builtin: true})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// podSecurityEngine asks the rules that carry pss, for one version.
func podSecurityEngine(t *testing.T, set *policy.Set, minor int) *policy.Engine {
	t.Helper()
	on, off := true, false
	opts := policy.Options{KubeVersion: fmt.Sprintf("v1.%d.0", minor), Rules: map[string]policy.RuleOptions{}}
	for _, r := range set.Rules() {
		o := policy.RuleOptions{Enabled: &off}
		if r.PSS != nil {
			o.Enabled = &on
		}
		opts.Rules[r.ID] = o
	}
	engine, err := policy.New(set, opts)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int) int {
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// randomPod makes up a pod. It begins with one that the restricted level
// allows and then spoils a few fields, so that single checks decide; the values
// are the ones a check could tell apart, null and the empty object among them.
func randomPod(r *rand.Rand) map[string]any {
	containers := map[string]any{"containers": randomContainers(r, 1+r.IntN(2), "c")}
	spec := map[string]any{"securityContext": map[string]any{
		"runAsNonRoot": true, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
	}}
	if r.IntN(3) == 0 {
		containers["initContainers"] = randomContainers(r, 1+r.IntN(2), "i")
	}
	if r.IntN(4) == 0 {
		containers["ephemeralContainers"] = randomContainers(r, 1, "e")
	}
	maps.Copy(spec, containers)
	annotations := map[string]any{}
	pod := map[string]any{"metadata": map[string]any{"name": "x", "annotations": annotations}, "spec": spec}
	for range r.IntN(5) {
		spoilPod(r, spec, annotations)
	}
	for range r.IntN(4) {
		list := containers[pick(r, slices.Sorted(maps.Keys(containers))...)].([]any)
		spoilContainer(r, list[r.IntN(len(list))].(map[string]any))
	}
	if len(annotations) == 0 && r.IntN(2) == 0 {
		pod["metadata"].(map[string]any)["annotations"] = nil
	}
	return pod
}

// randomContainers are containers that the restricted level allows.
func randomContainers(r *rand.Rand, n int, prefix string) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{
			"name": prefix + strconv.Itoa(i), "image": "registry.example.com/app:1",
			"securityContext": map[string]any{
				"allowPrivilegeEscalation": false,
				"capabilities":             map[string]any{"drop": []any{"ALL"}},
			},
		}
	}
	return list
}

// spoilPod changes one field of a pod.
func spoilPod(r *rand.Rand, spec, annotations map[string]any) {
	context, _ := spec["securityContext"].(map[string]any)
	if context == nil {
		context = map[string]any{}
		spec["securityContext"] = context
	}
	switch r.IntN(10) {
	case 0:
		spec[pick(r, "hostNetwork", "hostPID", "hostIPC")] = pick[any](r, true, true, false, nil)
	case 1:
		spec["hostUsers"] = pick[any](r, false, false, true, nil)
	case 2:
		spec["os"] = pick[any](r, map[string]any{"name": "windows"}, map[string]any{"name": "windows"}, map[string]any{"name": "linux"}, nil)
	case 3:
		spec["volumes"] = randomVolumes(r)
	case 4:
		context["sysctls"] = randomSysctls(r)
	case 5:
		annotations[pick(r, "seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/c0",
			"container.seccomp.security.alpha.kubernetes.io/i0", "container.seccomp.security.alpha.kubernetes.io/none")] = pick[any](r,
			"runtime/default", "docker/default", "localhost/x", "unconfined", "", nil)
	case 6:
		annotations[pick(r, "container.apparmor.security.beta.kubernetes.io/c0", "container.apparmor.security.beta.kubernetes.io/none",
			"container.apparmor.security.beta.kubernetes.io/")] = pick[any](r,
			"runtime/default", "localhost/x", "unconfined", "docker/default", "", nil)
	case 7:
		if r.IntN(8) == 0 {
			spec["securityContext"] = nil
			return
		}
		delete(context, pick(r, "runAsNonRoot", "seccompProfile"))
	default:
		spoilContext(r, context)
	}
}

// spoilContainer changes one field of a container.
func spoilContainer(r *rand.Rand, container map[string]any) {
	context, _ := container["securityContext"].(map[string]any)
	if context == nil {
		context = map[string]any{}
		container["securityContext"] = context
	}
	switch r.IntN(9) {
	case 0:
		context["privileged"] = pick[any](r, true, true, false, nil)
	case 1:
		context["allowPrivilegeEscalation"] = pick[any](r, true, false, nil)
	case 2:
		context["capabilities"] = randomCapabilities(r)
	case 3:
		context["procMount"] = pick[any](r, "Unmasked", "Unmasked", "Default", "", nil)
	case 4:
		ports := make([]any, r.IntN(3))
		for i := range ports {
			ports[i] = map[string]any{"containerPort": 80 + i}
			if r.IntN(2) == 0 {
				ports[i].(map[string]any)["hostPort"] = pick[any](r, 80, 443, 0, nil)
			}
		}
		container["ports"] = pick[any](r, ports, ports, ports, nil)
	case 5:
		handler := map[string]any{pick(r, "httpGet", "tcpSocket"): pick[any](r,
			map[string]any{"port": 80, "host": "10.0.0.1"}, map[string]any{"port": 80, "host": "127.0.0.1"},
			map[string]any{"port": 80, "host": ""}, map[string]any{"port": 80, "host": nil}, map[string]any{"port": 80}, nil)}
		if r.IntN(3) == 0 {
			container["lifecycle"] = map[string]any{pick(r, "postStart", "preStop"): handler}
		} else {
			container[pick(r, "livenessProbe", "readinessProbe", "startupProbe")] = handler
		}
	case 6:
		if r.IntN(8) == 0 {
			container["securityContext"] = pick[any](r, nil, map[string]any{})
		}
	default:
		spoilContext(r, context)
	}
}

// spoilContext changes a field that the securityContext of pods and that of
// containers share.
func spoilContext(r *rand.Rand, context map[string]any) {
	switch r.IntN(6) {
	case 0:
		context["runAsNonRoot"] = pick[any](r, true, false, nil)
	case 1:
		context["runAsUser"] = pick[any](r, 0, 0, 1000, nil)
	case 2:
		context["seccompProfile"] = pick[any](r, nil, map[string]any{}, map[string]any{"type": nil}, map[string]any{"type": "Unconfined"},
			map[string]any{"type": "Localhost", "localhostProfile": "x"}, map[string]any{"type": "RuntimeDefault"})
	case 3:
		context["appArmorProfile"] = pick[any](r, nil, map[string]any{}, map[string]any{"type": "Unconfined"},
			map[string]any{"type": "Localhost", "localhostProfile": "x"}, map[string]any{"type": "RuntimeDefault"})
	case 4:
		options := map[string]any{}
		if r.IntN(2) == 0 {
			options["type"] = pick[any](r, "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t", "", nil)
		}
		if r.IntN(3) == 0 {
			options[pick(r, "user", "role")] = pick[any](r, "x", "", nil)
		}
		context["seLinuxOptions"] = pick[any](r, options, options, options, nil)
	case 5:
		context["windowsOptions"] = pick[any](r, nil, map[string]any{}, map[string]any{"hostProcess": true},
			map[string]any{"hostProcess": true}, map[string]any{"hostProcess": false}, map[string]any{"hostProcess": nil})
	}
}

func randomCapabilities(r *rand.Rand) any {
	if r.IntN(8) == 0 {
		return pick[any](r, nil, map[string]any{})
	}
	capabilities := map[string]any{}
	if r.IntN(4) > 0 {
		capabilities["drop"] = pick[any](r, []any{"ALL"}, []any{"ALL"}, []any{"NET_RAW", "ALL"}, []any{"NET_RAW"}, []any{"all"}, []any{}, nil)
	}
	if r.IntN(2) == 0 {
		add := make([]any, r.IntN(3))
		for i := range add {
			add[i] = pick(r, "NET_BIND_SERVICE", "NET_BIND_SERVICE", "CHOWN", "AUDIT_WRITE", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
				"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "NET_RAW", "SYS_ADMIN", "CAP_CHOWN", "chown", "ALL", "")
		}
		capabilities["add"] = pick[any](r, add, add, add, nil)
	}
	return capabilities
}

func randomSysctls(r *rand.Rand) any {
	list := make([]any, r.IntN(3))
	for i := range list {
		if r.IntN(10) == 0 {
			list[i] = map[string]any{"value": "1"}
			continue
		}
		list[i] = map[string]any{"value": "1", "name": pick[any](r,
			"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
			"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
			"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem",
			"net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat", "kernel.msgmax", "", nil)}
	}
	return pick[any](r, list, list, list, nil)
}

func randomVolumes(r *rand.Rand) any {
	types := []string{
		"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
		"hostPath", "hostPath", "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd",
		"flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "portworxVolume",
		"photonPersistentDisk", "scaleIO", "storageos",
	}
	list := make([]any, r.IntN(3))
	for i := range list {
		volume := map[string]any{"name": "v" + strconv.Itoa(i)}
		// Two types at once are refused by the API server, not by the checks.
		for range pick(r, 0, 1, 1, 1, 1, 1, 1, 2) {
			volume[pick(r, types...)] = pick[any](r, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, nil)
		}
		list[i] = volume
	}
	return pick[any](r, list, list, list, list, nil)
}

// pick chooses one of several values; one that stands twice is twice as likely.
func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }
