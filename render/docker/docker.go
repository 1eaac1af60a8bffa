// Package docker reads Dockerfiles: a file goes in, one object comes out that
// can say on which lines each instruction is. It hides Docker's syntax:
// continued lines, here-documents, exec and shell forms, quoting, and build
// arguments with their defaults.
//
// The object has no apiVersion, the kind Dockerfile and the file's path as its
// name. Its value, which rules read as input.object:
//
//	kind: Dockerfile
//	metadata: {name: build/Dockerfile}
//	args:                        # ARG before the first FROM
//	- {name: TAG, value: "3.20"} # no value: it has no default
//	stages:
//	- index: 0
//	  name: build                # absent without AS; lower case, as Docker compares it
//	  base: golang:${TAG}        # as written
//	  image: golang:3.20         # with defaults filled in; absent when one is missing
//	  parent: 0                  # instead of image: base is this earlier stage
//	  platform: linux/amd64      # --platform as written
//	  final: false               # true for the last stage, the one that ships
//	  user:                      # the last USER of the stage or of its parents
//	    value: "0"               # user and group as written, defaults filled in
//	    stage: 0                 # where: stages[0].instructions[2]
//	    instruction: 2
//	  instructions:              # in order, without FROM
//	  - instruction: RUN         # upper case
//	    original: RUN make       # the line as Docker sees it, continuations joined
//	    args: [make]             # the words of an exec form, else the whole command; [] for ENV, ARG, LABEL
//	    exec: false              # true for ["make", "all"]
//	    flags: [{name: mount, value: "type=secret,id=key"}]
//	    pairs: [{name: A, value: b}]      # ENV, ARG, LABEL; an ARG may lack value
//	    sources: [a, b]                   # COPY, ADD; here-documents left out
//	    destination: /src                 # COPY, ADD
//	    heredocs: [{name: EOF, content: "…", expand: true}]
//	    trigger: {instruction: …}         # ONBUILD: the instruction it delays
//
// Lists and flags that are empty are absent, except instructions and args.
// Quotes are removed in pairs, sources and destinations; variables stay as
// written there.
package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/sekisho/sekisho/internal/model"
)

// Kind is the kind of the object a Dockerfile becomes.
const Kind = "Dockerfile"

// maxBytes is far above any Dockerfile; the scanner of the parser refuses
// single lines above 64 KiB by itself.
const maxBytes = 1 << 20

// More than a person writes; what is beyond is not judged and said so.
const (
	maxInstructions = 20_000
	maxStages       = 1_000
)

// maxValue is the length, in bytes, of a word that is filled in and of what
// comes of it. Values can double from line to line; no image and no user that
// a rule looks at is longer.
const maxValue = 4 << 10

// Options is empty so far; it keeps the renderers alike.
type Options struct{}

// Render reads the Dockerfile unit.Path of the repository. A file that cannot
// be parsed is a failure; an instruction Docker does not know, or one before
// the first FROM, is one too, but the rest of the file is still judged.
func Render(ctx context.Context, fsys fs.FS, unit model.Unit, _ Options) *model.Rendered {
	out := &model.Rendered{Unit: unit, Lines: func() []model.Location { return nil }}
	fail := func(line int, err error) {
		ref := unit.Ref()
		out.Failures = append(out.Failures, model.Failure{Unit: &ref, File: unit.Path, Line: line, Message: err.Error()})
	}
	src, err := read(ctx, fsys, unit.Path)
	if err != nil {
		fail(0, fmt.Errorf("read Dockerfile: %w", err))
		return out
	}
	ast, err := parse(src)
	if err != nil {
		fail(errorLine(err), fmt.Errorf("parse Dockerfile: %w", err))
		return out
	}
	f := &file{
		fail:  fail,
		lex:   shell.NewLex(ast.EscapeToken),
		where: map[string]lines{},
		env:   map[string]string{},
	}
	for i, n := range ast.AST.Children {
		if i == maxInstructions || len(f.stages) == maxStages && strings.EqualFold(n.Value, command.From) {
			fail(n.StartLine, fmt.Errorf("parse Dockerfile: more than %d instructions or %d stages", maxInstructions, maxStages))
			break
		}
		f.add(n)
	}
	if len(f.stages) == 0 {
		fail(1, errors.New("parse Dockerfile: no FROM instruction"))
		return out
	}
	value := f.value(unit.Path)
	text := strings.Split(string(bytes.TrimPrefix(src, []byte("\ufeff"))), "\n")
	out.Objects = []model.Object{{
		ID:     model.ObjectID{Kind: Kind, Name: unit.Path},
		Value:  value,
		Origin: origin{file: unit.Path, src: text, value: value, where: f.where},
	}}
	return out
}

func read(ctx context.Context, fsys fs.FS, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > maxBytes:
		return nil, fmt.Errorf("%d bytes are more than the limit of %d", info.Size(), maxBytes)
	}
	src, err := fs.ReadFile(fsys, name)
	if err == nil && !utf8.Valid(src) {
		err = errors.New("not valid UTF-8")
	}
	return src, err
}

// parse keeps panics of the parser from the user.
func parse(src []byte) (r *parser.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, fmt.Errorf("the parser gave up: %v", p)
		}
	}()
	return parser.Parse(bytes.NewReader(src))
}

func errorLine(err error) int {
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		return max(at.Locations[0][0].Start.Line, 1)
	}
	return 1
}

// lines is where an instruction stands, both ends included.
type lines struct{ start, end int }

// file gathers what the instructions say, in their order.
type file struct {
	fail   func(line int, err error)
	lex    *shell.Lex
	where  map[string]lines // by printed path
	args   []any
	global map[string]string // defaults of ARGs before the first FROM
	stages []map[string]any
	// env holds the variables of the present stage whose value is known;
	// exported those of each stage that a stage built on it inherits. Each
	// stage has maps of its own.
	env      map[string]string
	exported []map[string]string
}

func (f *file) add(n *parser.Node) {
	name := strings.ToLower(n.Value)
	if _, known := command.Commands[name]; !known {
		f.fail(n.StartLine, fmt.Errorf("parse Dockerfile: unknown instruction %q", n.Value))
		return
	}
	at := lines{n.StartLine, n.EndLine}
	switch {
	case name == command.From:
		f.where[model.Path{"stages", len(f.stages)}.String()] = at
		f.from(n)
	case len(f.stages) > 0:
		i := len(f.stages) - 1
		list := f.stages[i]["instructions"].([]any)
		f.where[model.Path{"stages", i, "instructions", len(list)}.String()] = at
		f.stages[i]["instructions"] = append(list, f.instruction(n))
		f.effect(name, n, i, len(list))
	case name == command.Arg:
		for _, p := range f.pairs(n) {
			f.where[model.Path{"args", len(f.args)}.String()] = at
			f.args = append(f.args, p)
			p := p.(map[string]any)
			f.define(p["name"].(string), p["value"])
		}
		f.global = f.env
	default:
		f.fail(n.StartLine, fmt.Errorf("parse Dockerfile: %s stands before the first FROM", strings.ToUpper(name)))
	}
}

// from begins a stage: FROM [--platform=…] base [AS name].
func (f *file) from(n *parser.Node) {
	words := words(n)
	s := map[string]any{"index": int64(len(f.stages)), "final": false, "instructions": []any{}}
	if len(words) == 0 {
		f.fail(n.StartLine, errors.New("parse Dockerfile: FROM names no image"))
		words = []string{""}
	}
	s["base"] = words[0]
	if platform, ok := flagValue(n, "platform"); ok {
		s["platform"] = platform
	}
	f.env = f.global // all a FROM line sees
	image, known := f.expand(words[0])
	var inherited map[string]string
	parent := slices.IndexFunc(f.stages, func(s map[string]any) bool { return known && s["name"] == strings.ToLower(image) })
	switch {
	case parent >= 0:
		s["parent"] = int64(parent)
		if user, ok := f.stages[parent]["user"]; ok {
			s["user"] = user
			f.where[userPath(len(f.stages))] = f.where[userPath(parent)]
		}
		inherited = f.exported[parent]
	case known:
		s["image"] = image
	}
	if len(words) == 3 && strings.EqualFold(words[1], "as") {
		s["name"] = strings.ToLower(words[2])
	}
	f.stages = append(f.stages, s)
	f.env = map[string]string{}
	maps.Copy(f.env, inherited)
	f.exported = append(f.exported, maps.Clone(f.env))
}

// effect keeps track of the variables and the user of a stage.
func (f *file) effect(name string, n *parser.Node, stage, index int) {
	switch name {
	case command.Arg, command.Env:
		for _, p := range f.pairs(n) {
			p := p.(map[string]any)
			v := p["value"]
			if global, ok := f.global[p["name"].(string)]; ok && v == nil && name == command.Arg {
				v = global // a bare ARG takes the global default over
			}
			f.define(p["name"].(string), v)
			if name == command.Env {
				name := p["name"].(string)
				if known, ok := f.env[name]; ok {
					f.exported[stage][name] = known
				} else {
					delete(f.exported[stage], name)
				}
			}
		}
	case command.User:
		if words := words(n); len(words) > 0 {
			value := words[0]
			if expanded, ok := f.expand(value); ok {
				value = expanded
			}
			f.where[userPath(stage)] = lines{n.StartLine, n.EndLine}
			f.stages[stage]["user"] = map[string]any{"value": value, "stage": int64(stage), "instruction": int64(index)}
		}
	}
}

func userPath(stage int) string { return model.Path{"stages", stage, "user"}.String() }

// define sets a variable to a value (a string), its variables filled in, or
// forgets it when the value is nil or unknown.
func (f *file) define(name string, value any) {
	if s, ok := value.(string); ok {
		if v, ok := f.expand(s); ok {
			f.env[name] = v
			return
		}
	}
	delete(f.env, name)
}

// expand fills variables in and removes quotes; ok is false when a variable's
// value is only known when the image is built.
func (f *file) expand(word string) (_ string, ok bool) {
	if len(word) > maxValue {
		return "", false
	}
	v, unmatched, err := f.lex.ProcessWord(word, env(f.env))
	return v, err == nil && len(unmatched) == 0 && len(v) <= maxValue
}

// unquote removes quotes and leaves variables as they are written.
func (f *file) unquote(word string) string {
	if !strings.ContainsAny(word, `'"\`+"`") {
		return word
	}
	f.lex.SkipUnsetEnv = true
	defer func() { f.lex.SkipUnsetEnv = false }()
	if v, _, err := f.lex.ProcessWord(word, env(nil)); err == nil {
		return v
	}
	return word
}

// env is what the lexer asks for variables.
type env map[string]string

func (e env) Get(name string) (string, bool) { v, ok := e[name]; return v, ok }
func (e env) Keys() []string                 { return slices.Sorted(maps.Keys(e)) }

// words are the arguments of an instruction.
func words(n *parser.Node) []string {
	var w []string
	for n := n.Next; n != nil; n = n.Next {
		if n.Value != "" {
			w = append(w, n.Value)
		}
	}
	return w
}

func flagValue(n *parser.Node, name string) (string, bool) {
	for _, f := range n.Flags {
		if v, ok := strings.CutPrefix(f, "--"+name+"="); ok {
			return v, true
		}
	}
	return "", false
}

// pairs are the names and values of ENV, ARG and LABEL.
func (f *file) pairs(n *parser.Node) []any {
	var pairs []any
	if strings.EqualFold(n.Value, command.Arg) {
		for _, w := range words(n) {
			name, value, hasValue := strings.Cut(w, "=")
			p := map[string]any{"name": f.unquote(name)}
			if hasValue {
				p["value"] = f.unquote(value)
			}
			pairs = append(pairs, p)
		}
		return pairs
	}
	// The parser chains name, value and separator of each pair.
	for name := n.Next; name != nil && name.Next != nil; {
		value, sep := name.Next, name.Next.Next
		v := value.Value
		if sep != nil && sep.Value != "" { // the old form "ENV name rest of the line" keeps its quotes
			v = f.unquote(v)
		}
		pairs = append(pairs, map[string]any{"name": f.unquote(name.Value), "value": v})
		if sep == nil {
			break
		}
		name = sep.Next
	}
	return pairs
}

func (f *file) instruction(n *parser.Node) map[string]any {
	name := strings.ToLower(n.Value)
	in := map[string]any{"instruction": strings.ToUpper(name), "original": n.Original, "args": []any{}, "exec": n.Attributes["json"]}
	var flags []any
	for _, f := range n.Flags {
		name, value, _ := strings.Cut(strings.TrimPrefix(f, "--"), "=")
		flags = append(flags, map[string]any{"name": name, "value": value})
	}
	set(in, "flags", flags)
	var heredocs []any
	for _, h := range n.Heredocs {
		heredocs = append(heredocs, map[string]any{"name": h.Name, "content": h.Content, "expand": h.Expand})
	}
	set(in, "heredocs", heredocs)
	switch name {
	case command.Onbuild:
		if n.Next != nil && len(n.Next.Children) > 0 {
			in["trigger"] = f.instruction(n.Next.Children[0])
		}
		return in
	case command.Env, command.Arg, command.Label:
		set(in, "pairs", f.pairs(n))
		return in
	}
	words := words(n)
	if name == command.Copy || name == command.Add {
		var sources []any
		for i, w := range words {
			if !n.Attributes["json"] {
				words[i] = f.unquote(w)
			}
			if i < len(words)-1 && !strings.HasPrefix(w, "<<") {
				sources = append(sources, words[i])
			}
		}
		set(in, "sources", sources)
		if len(words) > 0 {
			in["destination"] = words[len(words)-1]
		}
	}
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	in["args"] = args
	return in
}

func set(m map[string]any, key string, list []any) {
	if len(list) > 0 {
		m[key] = list
	}
}

func (f *file) value(path string) map[string]any {
	stages := make([]any, len(f.stages))
	for i, s := range f.stages {
		s["final"] = i == len(f.stages)-1
		stages[i] = s
	}
	v := map[string]any{"kind": Kind, "metadata": map[string]any{"name": path}, "stages": stages}
	set(v, "args", f.args)
	return v
}

// origin places fields on the lines of their instruction.
type origin struct {
	file  string
	src   []string
	value map[string]any
	where map[string]lines
}

// Locate answers with the nearest ancestor of the field that is an
// instruction; a stage is its FROM.
func (o origin) Locate(p model.Path) model.Trace {
	precision := model.Parent
	if _, ok := p.Lookup(o.value); ok {
		precision = model.Exact
	}
	for depth := len(p); depth >= 0; depth-- {
		if at, ok := o.where[p[:depth].String()]; ok {
			return model.Trace{Location: o.location(at, precision)}
		}
	}
	return model.Trace{Location: model.FileLocation(o.file, model.RoleSource)}
}

func (o origin) location(at lines, precision model.Precision) model.Location {
	start := min(max(at.start, 1), len(o.src))
	end := min(max(at.end, start), len(o.src))
	return model.Location{
		File: o.file, StartLine: start, StartColumn: 1, EndLine: end,
		EndColumn: utf8.RuneCountInString(strings.TrimRight(o.src[end-1], "\r")) + 1,
		Precision: precision, Role: model.RoleSource,
	}
}
