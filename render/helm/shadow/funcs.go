package shadow

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"

	"github.com/sekisho/sekisho/render/helm/invent"
)

// markSafe are the functions that may be given marked strings: those that hand
// a value on, look only at whether it is empty or at its type, or work at the
// blank ends of lines. Every other function gets clean text, so a function
// this list does not know is safe.
var markSafe = map[string]bool{
	"include": true, "tpl": true,
	"and": true, "or": true, "not": true, "empty": true,
	"default": true, "coalesce": true, "ternary": true, "required": true, "toString": true,
	"trim": true, "indent": true, "nindent": true,
	"typeOf": true, "typeIs": true, "typeIsLike": true, "kindOf": true, "kindIs": true,
}

// markSafeArg tells whether argument i (from 1) of a function may be marked.
func markSafeArg(function string, i int) bool {
	if function == "include" || function == "tpl" {
		return i > 1 // the name and the text have to be clean
	}
	return markSafe[function]
}

// traced are the functions with a twin that logs which values are read.
var traced = map[string]string{
	"index": "__index", "get": "__get", "dig": "__dig", "hasKey": "__hasKey", "dict": "__dict", "set": "__set",
}

// loggedArgs are the arguments that come with a log of their own.
var loggedArgs = map[string]func(i int) bool{
	"dict": func(i int) bool { return i%2 == 0 },
	"set":  func(i int) bool { return i == 3 },
}

// inventing are the functions that make up what they return.
var inventing = []string{
	"randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "randInt", "uuidv4", "shuffle",
	"bcrypt", "htpasswd", "derivePassword", "encryptAES", "now", "ago",
	"genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
	"genSignedCert", "genSignedCertWithKey",
}

// functions is Helm's function map. It is made anew for every run, because
// the inventing functions count their calls.
func (e *Engine) functions() template.FuncMap {
	m := sprig.TxtFuncMap()
	delete(m, "env")
	delete(m, "expandenv")
	helm := template.FuncMap{
		"toToml": toTOML, "fromToml": fromTOML,
		"toYaml": toYAML, "toYamlPretty": toYAMLPretty, "fromYaml": fromYAML, "fromYamlArray": fromYAMLArray,
		"toJson": toJSON, "fromJson": fromJSON, "fromJsonArray": fromJSONArray,
		"required": required,
		"fail":     func(message string) (string, error) { return "", errors.New(message) },
		// There is no cluster and no name service.
		"lookup":        func(string, string, string, string) (map[string]any, error) { return map[string]any{}, nil },
		"getHostByName": func(string) string { return "" },
	}
	maps.Copy(m, helm)
	invent.Bound(m, e.limits.Numbers, e.limits.Output)
	return m
}

// prepare gives a set the functions of a new run.
func (s *set) prepare() {
	m := s.e.functions()
	if s.rewrite {
		for _, name := range inventing {
			m[name] = s.e.taints(m[name])
		}
		maps.Copy(m, s.e.tracers())
		maps.Copy(m, s.e.twins(m))
	}
	m["include"], m["tpl"] = s.include(), s.tpl()
	s.t.Funcs(m)
}

// taints wraps an inventing function so that what is computed with it is known
// to be invented.
func (e *Engine) taints(f any) any {
	v := reflect.ValueOf(f)
	return reflect.MakeFunc(v.Type(), func(args []reflect.Value) []reflect.Value {
		if l := e.run.top(); l != nil {
			l.invented = true
		}
		if v.Type().IsVariadic() {
			return v.CallSlice(args)
		}
		return v.Call(args)
	}).Interface()
}

func required(message string, v any) (any, error) {
	if s, ok := v.(string); v == nil || ok && s == "" {
		return v, errors.New(message)
	}
	return v, nil
}

// include and tpl, in both kinds of run.

func (s *set) include() any {
	return func(name string, data any) (string, error) {
		if s.rewrite {
			return s.e.run.include(s, name, data)
		}
		if s.e.included[name] > maxIncludes {
			return "", fmt.Errorf("rendering template has a nested reference name: %s", name)
		}
		if s.define(name) == nil {
			return "", fmt.Errorf("no template %q", name)
		}
		s.e.included[name]++
		defer func() { s.e.included[name]-- }()
		return s.e.print(s.e.ctx, s.t.Lookup(name), data)
	}
}

func (s *set) tpl() any {
	return func(text string, data any) (string, error) {
		if s.rewrite {
			return s.e.run.tpl(s, text, data)
		}
		if !strings.Contains(text, "{{") {
			return strings.ReplaceAll(text, noValue, ""), nil
		}
		src := s.e.cache.get(text)
		if src.err != nil {
			return "", src.err
		}
		in := s
		if len(src.trees) > 1 {
			var err error
			if in, err = s.extend(src); err != nil {
				return "", err
			}
		}
		in.defineCalled(src.trees[mainTree].Root)
		t := in.t.New(in.t.Name())
		t.Tree = src.trees[mainTree]
		out, err := s.e.print(s.e.ctx, t, data)
		return strings.ReplaceAll(out, noValue, ""), err
	}
}

// twins are the functions that log what they read and otherwise do what the
// functions they stand for do.
func (e *Engine) twins(m template.FuncMap) template.FuncMap {
	dict := m["dict"].(func(...any) map[string]any)
	set := m["set"].(func(map[string]any, string, any) map[string]any)
	get := m["get"].(func(map[string]any, string) any)
	hasKey := m["hasKey"].(func(map[string]any, string) bool)
	dig := m["dig"].(func(...any) (any, error))
	return template.FuncMap{
		"__index": func(item reflect.Value, indexes ...reflect.Value) (reflect.Value, error) {
			v, keys, err := indexed(item, indexes)
			if err == nil {
				e.run.reading(nil, item, keys, v)
			}
			return v, err
		},
		"__get": func(d map[string]any, key string) any {
			v := get(d, key)
			e.run.reading(nil, reflect.ValueOf(d), []string{key}, reflect.ValueOf(v))
			return v
		},
		"__hasKey": func(d map[string]any, key string) bool {
			e.run.reading(nil, reflect.ValueOf(d), []string{key}, reflect.Value{})
			return hasKey(d, key)
		},
		"__dig": func(args ...any) (any, error) {
			v, err := dig(args...)
			if n := len(args); err == nil && n >= 3 {
				var keys []string
				for _, k := range args[:n-2] {
					if key, ok := k.(string); ok {
						keys = append(keys, key)
					}
				}
				e.run.reading(nil, reflect.ValueOf(args[n-1]), keys, reflect.ValueOf(v))
			}
			return v, err
		},
		"__dict": func(args ...reflect.Value) map[string]any {
			plain := make([]any, len(args))
			logs := make([]*log, len(args))
			for i, a := range args {
				plain[i], logs[i] = e.run.argument(a)
			}
			d := dict(plain...)
			e.run.alive = append(e.run.alive, d)
			id, _ := identify(reflect.ValueOf(d))
			for i := 1; i < len(args); i += 2 {
				if key, ok := plain[i-1].(string); ok {
					e.run.entries[entry{id, key}] = logs[i]
				}
			}
			return d
		},
		"__set": func(d map[string]any, key string, value reflect.Value) map[string]any {
			v, l := e.run.argument(value)
			out := set(d, key, v)
			if id, ok := identify(reflect.ValueOf(d)); ok {
				e.run.alive = append(e.run.alive, d)
				e.run.entries[entry{id, key}] = l
			}
			return out
		},
	}
}

// argument takes a value from its log. A piped value comes without one; what
// the action has read so far stands in.
func (r *run) argument(v reflect.Value) (any, *log) {
	var l *log
	if v = concrete(v); v.IsValid() && v.Type() == reflect.TypeFor[argument]() {
		a := v.Interface().(argument)
		v, l = concrete(a.value), a.log
	} else if top := r.top(); !top.empty() {
		l = &log{}
		l.add(top)
	}
	if !v.IsValid() {
		return nil, l
	}
	return v.Interface(), l
}

// indexed is the template package's index, which it does not export.
func indexed(item reflect.Value, indexes []reflect.Value) (reflect.Value, []string, error) {
	item = concrete(item)
	if !item.IsValid() {
		return reflect.Value{}, nil, errors.New("index of untyped nil")
	}
	var keys []string
	for _, idx := range indexes {
		idx = concrete(idx)
		for item.Kind() == reflect.Pointer || item.Kind() == reflect.Interface {
			if item.IsNil() {
				return reflect.Value{}, nil, errors.New("index of nil pointer")
			}
			item = item.Elem()
		}
		switch item.Kind() {
		case reflect.Array, reflect.Slice, reflect.String:
			i := -1
			switch {
			case idx.CanInt():
				i = int(idx.Int())
			case idx.CanUint():
				i = int(idx.Uint())
			}
			if i < 0 || i >= item.Len() {
				return reflect.Value{}, nil, fmt.Errorf("index out of range: %v", idx)
			}
			keys = append(keys, strconv.Itoa(i))
			item = item.Index(i)
		case reflect.Map:
			t := item.Type().Key()
			if !idx.IsValid() {
				return reflect.Value{}, nil, fmt.Errorf("value is nil; should be of type %s", t)
			}
			if !idx.Type().AssignableTo(t) {
				if !idx.CanInt() && !idx.CanUint() || !idx.Type().ConvertibleTo(t) {
					return reflect.Value{}, nil, fmt.Errorf("value has type %s; should be %s", idx.Type(), t)
				}
				idx = idx.Convert(t)
			}
			keys = append(keys, fmt.Sprint(idx.Interface()))
			if x := item.MapIndex(idx); x.IsValid() {
				item = x
			} else {
				item = reflect.Zero(item.Type().Elem())
			}
		default:
			return reflect.Value{}, nil, fmt.Errorf("can't index item of type %s", item.Type())
		}
	}
	return item, keys, nil
}
