package integration

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser is a Chromium without a window, asked through its debugging pipe:
// JSON messages that end in a zero byte, no network between us.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	id      int
	// What the page did that a report must not do.
	requests, complaints []string
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	judge(t)
	program := command(t, "chromium")
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	stuck := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() }) // then the pipe ends, and the test with it
	b := &browser{t: t, to: ourOut, from: bufio.NewReader(ourIn)}
	t.Cleanup(func() {
		b.ask("Browser.close", nil)
		_ = cmd.Wait()
		stuck.Stop()
		ourOut.Close()
		ourIn.Close()
	})
	targets := b.ask("Target.getTargets", nil)["targetInfos"].([]any)
	for _, target := range targets {
		if info := target.(map[string]any); info["type"] == "page" {
			b.session = b.ask("Target.attachToTarget", map[string]any{"targetId": info["targetId"], "flatten": true})["sessionId"].(string)
		}
	}
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.ask(domain+".enable", nil)
	}
	return b
}

// ask sends one command and waits for its answer, noting events on the way.
func (b *browser) ask(method string, params map[string]any) map[string]any {
	b.t.Helper()
	b.id++
	message := map[string]any{"id": b.id, "method": method, "params": params}
	if params == nil {
		delete(message, "params")
	}
	if b.session != "" && method != "Browser.close" {
		message["sessionId"] = b.session
	}
	out, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(out, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		in, err := b.from.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID             int
			Method         string
			Result, Params map[string]any
			Error          *struct{ Message string }
		}
		if err := json.Unmarshal(bytes.TrimSuffix(in, []byte{0}), &answer); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case answer.ID == b.id && answer.Error != nil:
			b.t.Fatalf("%s: %s", method, answer.Error.Message)
		case answer.ID == b.id:
			return answer.Result
		case answer.Method == "Network.requestWillBeSent":
			b.requests = append(b.requests, answer.Params["request"].(map[string]any)["url"].(string))
		case answer.Method == "Runtime.exceptionThrown", answer.Method == "Log.entryAdded", answer.Method == "Runtime.consoleAPICalled":
			b.complaints = append(b.complaints, fmt.Sprint(answer.Params))
		}
	}
}

// js evaluates an expression, waiting for a promise.
func (b *browser) js(expression string) any {
	b.t.Helper()
	result := b.ask("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true})
	if details, failed := result["exceptionDetails"]; failed {
		b.t.Fatalf("%s: %v", expression, details)
	}
	return result["result"].(map[string]any)["value"]
}

// open shows a page in a window of a size and waits until it is painted.
func (b *browser) open(address string, width, height int, scheme string) {
	b.t.Helper()
	b.ask("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
	b.ask("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}})
	b.ask("Page.navigate", map[string]any{"url": "about:blank"})
	b.ask("Page.navigate", map[string]any{"url": address})
	for started := time.Now(); b.js("document.readyState+location.protocol") != "completefile:"; time.Sleep(20 * time.Millisecond) {
		if time.Since(started) > time.Minute {
			b.t.Fatal("the page does not load")
		}
	}
	b.settle()
}

// settle waits for two frames: what was to be painted is.
func (b *browser) settle() {
	b.t.Helper()
	b.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")
}

// shoot saves a picture where SEKISHO_SCREENSHOTS names a folder, to look at.
func (b *browser) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("SEKISHO_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := base64.StdEncoding.DecodeString(b.ask("Page.captureScreenshot", map[string]any{"format": "png"})["data"].(string))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// page writes the HTML report of the demo and gives its address. change may
// alter the saved result before it is printed.
func page(t *testing.T, change func(result map[string]any)) string {
	t.Helper()
	judge(t)
	dir := t.TempDir()
	saved, file := filepath.Join(dir, "result.json"), filepath.Join(dir, "report.html")
	run := func(args ...string) {
		cmd := exec.Command(sekisho(t), args...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("sekisho %v: %v\n%s", args, err, out)
		}
	}
	run("scan", "testdata/demo", "--config", "none", "--fail-on", "never", "--format", "json="+saved)
	src, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	var result map[string]any
	if err := json.Unmarshal(src, &result); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(result)
	}
	if src, err = json.Marshal(result); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(saved, src, 0o644); err != nil {
		t.Fatal(err)
	}
	run("convert", saved, "--format", "html="+file)
	return "file://" + filepath.ToSlash(file)
}

// quiet fails when the page asked for anything but itself or complained.
func (b *browser) quiet(address string) {
	b.t.Helper()
	for _, url := range b.requests {
		if page, _, _ := strings.Cut(url, "#"); page != address && url != "about:blank" && !strings.HasPrefix(url, "data:") {
			b.t.Errorf("the page asks for %s", url)
		}
	}
	for _, c := range b.complaints {
		b.t.Errorf("the console says %s", c)
	}
}

const (
	rows    = "document.querySelectorAll('.row').length"
	counted = "document.getElementById('count').textContent"
)

// TestPageInBrowser uses the report as a reader would, at the width of a desk
// and of a phone, dark and light.
func TestPageInBrowser(t *testing.T) {
	address := page(t, func(result map[string]any) {
		first := result["findings"].([]any)[0].(map[string]any)
		first["suppressed"] = map[string]any{"kind": "inline", "reason": "known"}
		result["failures"] = []any{map[string]any{"file": "charts/broken/templates/a.yaml", "line": 3, "message": "<b>unexpected</b> \"}\" in operand"}}
	})
	b := startBrowser(t)
	for _, window := range []struct {
		name          string
		width, height int
		scheme        string
	}{{"desk-light", 1360, 900, "light"}, {"desk-dark", 1360, 900, "dark"}, {"phone-light", 390, 844, "light"}, {"phone-dark", 360, 740, "dark"}} {
		b.open(address, window.width, window.height, window.scheme)
		b.shoot(window.name)
		b.js("document.getElementById('expand').click(); document.querySelectorAll('.map, .table, .rule').forEach(d => d.open = true)")
		b.settle()
		if wide := b.js("document.documentElement.scrollWidth").(float64); int(wide) > window.width {
			t.Errorf("%s: the page is %v pixels wide", window.name, wide)
		}
		b.js("document.documentElement.style.scrollBehavior = 'auto'; document.querySelector('.finding').scrollIntoView()")
		b.settle()
		b.shoot(window.name + "-finding")
		b.js("document.getElementById('network').scrollIntoView()")
		b.settle()
		b.shoot(window.name + "-network")
	}

	b.open(address, 1360, 900, "light")
	all := b.js(rows).(float64)
	if all < 20 || b.js(counted) != fmt.Sprintf("%v findings", all) && all < 60 {
		t.Errorf("%v rows; it says %v", all, b.js(counted))
	}
	for _, step := range []struct{ what, do, see string }{
		{"choose errors", "document.querySelector('.facet input').click()", "[...document.querySelectorAll('.row .severity')].every(s => s.textContent === 'error') && location.hash.includes('severity=error')"},
		{"clear", "document.getElementById('reset').click()", rows + " === " + fmt.Sprint(all) + " && location.hash === ''"},
		{
			"search", "s = document.getElementById('search'); s.value = 'host path'; s.dispatchEvent(new Event('input')); new Promise(d => setTimeout(d, 300))",
			rows + " > 0 && " + rows + " < 6 && " + counted + ".includes(' of ')",
		},
		{
			"search for nothing there", "s.value = 'xyzzy'; s.dispatchEvent(new Event('input')); new Promise(d => setTimeout(d, 300))",
			rows + " === 0 && document.getElementById('list').textContent.includes('No finding')",
		},
		{"clear again", "document.getElementById('reset').click()", rows + " === " + fmt.Sprint(all)},
		{"show suppressed", "document.getElementById('suppressed').click()", "document.querySelector('.finding.suppressed') !== null"},
		{"group by file", "g = document.getElementById('group'); g.value = 'file'; g.dispatchEvent(new Event('change'))", "document.querySelector('.group h3').textContent.includes('/')"},
		{"open one", "document.querySelector('.row').click()", "document.querySelector('.row').getAttribute('aria-expanded') === 'true' && document.querySelector('.detail .pane mark') !== null"},
		{"its rule's text", "0", "/Why/.test(document.querySelector('.detail .help').textContent)"},
		{
			"arrow down", "document.querySelector('.row').focus(); document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}))",
			"document.activeElement === document.querySelectorAll('.row')[1]",
		},
		{
			"a link to a finding", "document.querySelector('.detail a[href^=\"#\"]:not([href^=\"#rule\"])').click(); new Promise(d => setTimeout(d, 300))",
			"document.querySelector('.finding.target .row') === document.activeElement",
		},
		{"the other theme", "document.getElementById('theme').click()", "document.documentElement.dataset.theme === 'dark'"},
		{"failures are text", "0", "document.querySelector('#failures b') === null && document.querySelector('#failures').textContent.includes('<b>unexpected</b>')"},
		{"maps", "0", "document.querySelectorAll('.map svg .card').length > 0 && document.querySelectorAll('.map tbody tr').length > 0"},
		{"everything has a name", "0", "[...document.querySelectorAll('button, input, select, a, summary')].every(e => (e.textContent + (e.labels?.[0]?.textContent || '') + (e.ariaLabel || '')).trim())"},
		{"ids are unique", "0", "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size === document.querySelectorAll('[id]').length"},
		{"nothing is injected", "0", "(() => { try { document.body.innerHTML += ''; return false } catch { return true } })()"},
	} {
		b.js(step.do)
		b.settle()
		if step.what == "nothing is injected" {
			b.quiet(address) // before the policy is broken on purpose, which it reports
			b.complaints = nil
		}
		if b.js(step.see) != true {
			t.Errorf("%s: it is not as it should be", step.what)
		}
	}

	// Paper gets every finding, opened.
	b.complaints = nil
	b.open(address, 1360, 900, "light")
	b.js("window.dispatchEvent(new Event('beforeprint'))")
	if b.js("document.querySelectorAll('.row').length === document.querySelectorAll('.detail').length && document.querySelectorAll('.map[open]').length === document.querySelectorAll('.map').length") != true {
		t.Error("the print lacks findings")
	}
	b.quiet(address)
}

// TestCleanPage: where nothing is found there is nothing to filter, and the
// page does not leave a hole where the filters are.
func TestCleanPage(t *testing.T) {
	address := page(t, func(result map[string]any) { result["findings"] = []any{} })
	b := startBrowser(t)
	b.open(address, 1360, 900, "light")
	b.shoot("clean")
	if b.js("document.getElementById('verdict').textContent") != "Clean" ||
		b.js("document.querySelector('.results').offsetWidth === document.querySelector('.browse').offsetWidth") != true ||
		b.js("[...document.querySelectorAll('#filters, .bar')].every(e => e.offsetHeight === 0)") != true {
		t.Error("a clean page is not as it should be")
	}
	b.quiet(address)
}

// TestVeryManyFindings: of 5,000 findings only those in sight are made into
// rows, which is what keeps the page quick. It prints how quick.
func TestVeryManyFindings(t *testing.T) {
	const many = 5000
	address := page(t, func(result map[string]any) {
		first := result["findings"].([]any)
		var findings []any
		for i := range many {
			f := map[string]any{}
			for k, v := range first[i%len(first)].(map[string]any) {
				f[k] = v
			}
			f["fingerprint"] = fmt.Sprintf("%032x", i)
			f["message"] = fmt.Sprintf("%v (number %d)", f["message"], i)
			findings = append(findings, f)
		}
		result["findings"] = findings
	})
	b := startBrowser(t)
	b.open(address, 1360, 900, "light")
	if got := b.js(counted); got != "5,000 findings" {
		t.Errorf("it says %q", got)
	}
	loaded := b.js("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd").(float64)
	timed := func(do string) float64 {
		t.Helper()
		return b.js("(() => { const t = performance.now(); " + do + "; document.body.offsetHeight; return performance.now() - t })()").(float64)
	}
	filter := timed("document.querySelector('.facet input').click()")
	clear := timed("document.getElementById('reset').click()")
	group := timed("g = document.getElementById('group'); g.value = 'file'; g.dispatchEvent(new Event('change'))")
	link := timed(fmt.Sprintf("location.hash = '#%032x'; dispatchEvent(new HashChangeEvent('hashchange'))", many-1))
	t.Logf("5,000 findings: loaded in %.0f ms, filtered in %.0f ms, cleared in %.0f ms, grouped in %.0f ms, the last one by its link in %.0f ms", loaded, filter, clear, group, link)
	b.js("scrollTo(0, 0)")
	b.open(address, 1360, 900, "light")
	if n := b.js(rows).(float64); n > 300 {
		t.Errorf("%v rows are made at once", n)
	}
	b.js("scrollTo(0, document.body.scrollHeight)")
	b.settle()
	b.settle()
	if n := b.js(rows).(float64); n < 100 {
		t.Errorf("scrolling down leaves it at %v rows", n)
	}
	b.quiet(address)
}
