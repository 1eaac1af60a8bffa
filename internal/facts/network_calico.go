package facts

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// tierCalico is where policies of Calico's further tiers are asked: before the
// default tier, which holds Kubernetes' own. All of them count as one tier,
// because their order stands in objects that are seldom in the same repository.
const tierCalico = tierPlain - 1

// readCalico reads NetworkPolicy and GlobalNetworkPolicy of projectcalico.org,
// https://docs.tigera.io/calico/latest/reference/resources/networkpolicy.
func readCalico(o *model.Object, namespace string) []*policy {
	spec := fieldAt(o.Value, "spec")
	for _, hostOnly := range []string{"applyOnForward", "preDNAT", "doNotTrack"} {
		if on, _ := fieldAt(spec, hostOnly).(bool); on {
			return nil // about host endpoints, not pods
		}
	}
	p := &policy{object: o, namespace: namespace, tier: tierPlain, order: math.MaxFloat64, selector: model.Path{"spec", "selector"}}
	if tier := textAt(spec, "tier"); tier != "" && tier != "default" {
		p.tier = tierCalico
	}
	if order, ok := integer(fieldAt(spec, "order")); ok {
		p.order = float64(order)
	} else if order, ok := fieldAt(spec, "order").(float64); ok {
		p.order = order
	}
	pods := calicoSelector(textAt(spec, "selector"))
	namespaces := calicoSelector(textAt(spec, "namespaceSelector"))
	p.subject = func(w *Workload) bool { return pods(calicoLabels(w)) && namespaces(calicoNamespaceLabels(w.Namespace)) }
	p.everyPod = selectsAll(textAt(spec, "selector"))
	p.weight = (len(textAt(spec, "selector")) + len(textAt(spec, "namespaceSelector"))) / 8 // about a term of the expression

	types := listAt(spec, "types")
	hasEgress := len(listAt(spec, "egress")) > 0
	p.isolates[ingress] = slices.Contains(types, any("Ingress")) || len(types) == 0 && (!hasEgress || len(listAt(spec, "ingress")) > 0)
	p.isolates[egress] = slices.Contains(types, any("Egress")) || len(types) == 0 && hasEgress
	for d, far := range []string{ingress: "source", egress: "destination"} {
		if !p.isolates[d] {
			continue
		}
		section := direction(d).String()
		for i, entry := range listAt(spec, section) {
			r := rule{path: model.Path{"spec", section, i}}
			switch textAt(entry, "action") {
			case "Allow":
				r.action = allow
			case "Deny":
				r.action = deny
			case "Pass":
				r.action = pass
			default:
				continue // Log decides nothing
			}
			r.peers = calicoPeers(fieldAt(entry, far), r.path.Join(far), namespace)
			r.ports, r.allPorts = calicoPorts(entry)
			p.rules[d] = append(p.rules[d], r)
		}
	}
	return []*policy{p}
}

// calicoPeers reads an entity rule; nil is everyone. Its fields must hold
// together, its nets are alternatives.
func calicoPeers(v any, path model.Path, namespace string) []peer {
	var except []netip.Prefix
	for _, e := range listAt(v, "notNets") {
		if s, ok := e.(string); ok {
			if block, err := parsePrefix(s); err == nil {
				except = append(except, block)
			}
		}
	}
	var peers []peer
	for i, e := range listAt(v, "nets") {
		s, _ := e.(string)
		p := peer{path: path.Join("nets", i), what: s, except: except, weight: len(except)}
		p.block, _ = parsePrefix(s)
		peers = append(peers, p)
	}
	selector, namespaces := textAt(v, "selector"), textAt(v, "namespaceSelector")
	accounts := listAt(v, "serviceAccounts", "names")
	if selector != "" || namespaces != "" || accounts != nil {
		pods, spaces := calicoSelector(selector), calicoSelector(namespaces)
		own := namespace != "" && namespaces == ""
		return []peer{{
			path: path, what: "every namespace", ownNamespace: own, weight: (len(selector)+len(namespaces))/8 + len(accounts),
			everyPod: !own && selectsAll(selector) && selectsAll(namespaces) && accounts == nil,
			pods: func(w *Workload) bool {
				return (!own || w.Namespace.Name == namespace) && pods(calicoLabels(w)) && spaces(calicoNamespaceLabels(w.Namespace)) &&
					(accounts == nil || slices.Contains(accounts, any(w.ServiceAccount)))
			},
		}}
	}
	for _, unknown := range []string{"domains", "services", "notSelector", "serviceAccounts"} {
		if fieldAt(v, unknown) != nil && peers == nil {
			return []peer{{path: path.Join(unknown), what: unknown}}
		}
	}
	if peers == nil && except != nil {
		for _, all := range []string{"0.0.0.0/0", "::/0"} {
			peers = append(peers, peer{path: path.Join("notNets"), what: all, block: netip.MustParsePrefix(all), except: except, weight: len(except)})
		}
	}
	return peers
}

func calicoPorts(entry any) (ports []portRange, all bool) {
	protocol := ""
	switch v := fieldAt(entry, "protocol").(type) {
	case string:
		protocol = strings.ToUpper(v)
	default:
		if number, ok := integer(v); ok {
			protocol = map[int]string{6: "TCP", 17: "UDP", 132: "SCTP"}[number]
			protocol = cmp.Or(protocol, strconv.Itoa(number))
		}
	}
	list := listAt(entry, "destination", "ports")
	if len(list) == 0 {
		return []portRange{{protocol: protocol, to: math.MaxUint16}}, protocol == ""
	}
	for _, v := range list {
		port := portRange{protocol: protocol}
		if number, ok := integer(v); ok {
			port.from, port.to = number, number
		} else if s, ok := v.(string); ok {
			first, last, ranged := strings.Cut(s, ":")
			from, isNumber := decimal(first)
			to, _ := decimal(last)
			switch {
			case !isNumber:
				port.name = s
			case ranged:
				port.from, port.to = from, to
			default:
				port.from, port.to = from, from
			}
		}
		ports = append(ports, port)
	}
	return ports, false
}

// decimal reads a number written as a string.
func decimal(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// A labelTest decides about an endpoint by its labels.
type labelTest func(label func(key string) (string, bool)) bool

func calicoLabels(w *Workload) func(string) (string, bool) {
	return func(key string) (string, bool) {
		switch key {
		case "projectcalico.org/namespace":
			return w.Namespace.Name, true
		case "projectcalico.org/serviceaccount":
			return w.ServiceAccount, true
		case "projectcalico.org/orchestrator":
			return "k8s", true
		}
		v, ok := w.Labels[key]
		return v, ok
	}
}

func calicoNamespaceLabels(ns *Namespace) func(string) (string, bool) {
	return func(key string) (string, bool) {
		if key == "projectcalico.org/name" {
			return ns.Name, true
		}
		v, ok := ns.Labels[key]
		return v, ok
	}
}

// selectsAll recognises the two ways to write that labels do not matter.
func selectsAll(selector string) bool {
	return strings.TrimSpace(selector) == "" || strings.ReplaceAll(selector, " ", "") == "all()"
}

// calicoSelector compiles an expression of Calico's selector language, such as
// `app == 'web' && has(team) && !(zone in {'a', 'b'})`. An expression that does
// not parse matches nothing: Calico refuses the policy.
func calicoSelector(text string) labelTest {
	if selectsAll(text) {
		return func(func(string) (string, bool)) bool { return true }
	}
	p := selectorParser{rest: text}
	// Each "!" and "(" costs a level of the stack, so the length is bounded.
	if len(text) > 10_000 {
		p.rest = ""
	}
	test, err := p.either()
	if err != nil || p.space() != "" {
		return func(func(string) (string, bool)) bool { return false }
	}
	return test
}

type selectorParser struct{ rest string }

var errSelector = errors.New("not a selector")

// space skips blanks and returns what is left.
func (p *selectorParser) space() string {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	return p.rest
}

func (p *selectorParser) take(token string) bool {
	if !strings.HasPrefix(p.space(), token) {
		return false
	}
	p.rest = p.rest[len(token):]
	return true
}

func (p *selectorParser) either() (labelTest, error) {
	left, err := p.both()
	for err == nil && p.take("||") {
		a := left
		var b labelTest
		b, err = p.both()
		left = func(l func(string) (string, bool)) bool { return a(l) || b(l) }
	}
	return left, err
}

func (p *selectorParser) both() (labelTest, error) {
	left, err := p.single()
	for err == nil && p.take("&&") {
		a := left
		var b labelTest
		b, err = p.single()
		left = func(l func(string) (string, bool)) bool { return a(l) && b(l) }
	}
	return left, err
}

func (p *selectorParser) single() (labelTest, error) {
	switch {
	case p.take("!"):
		test, err := p.single()
		return func(l func(string) (string, bool)) bool { return !test(l) }, err
	case p.take("("):
		test, err := p.either()
		if err == nil && !p.take(")") {
			err = errSelector
		}
		return test, err
	}
	key := p.word()
	switch {
	case key == "all" && p.take("(") && p.take(")"):
		return func(func(string) (string, bool)) bool { return true }, nil
	case key == "global" && p.take("(") && p.take(")"):
		return func(func(string) (string, bool)) bool { return false }, nil
	case key == "has" && p.take("("):
		name := p.word()
		if name == "" || !p.take(")") {
			return nil, errSelector
		}
		return func(l func(string) (string, bool)) bool { _, ok := l(name); return ok }, nil
	case key == "":
		return nil, fmt.Errorf("%w: %q", errSelector, p.rest)
	}
	return p.comparison(key)
}

func (p *selectorParser) comparison(key string) (labelTest, error) {
	one := func(holds func(label, value string) bool, absent bool) (labelTest, error) {
		value, err := p.quoted()
		return func(l func(string) (string, bool)) bool {
			v, ok := l(key)
			if !ok {
				return absent
			}
			return holds(v, value)
		}, err
	}
	equal := func(a, b string) bool { return a == b }
	switch {
	case p.take("=="):
		return one(equal, false)
	case p.take("!="):
		return one(func(a, b string) bool { return a != b }, true)
	}
	switch word := p.word(); {
	case word == "contains":
		return one(strings.Contains, false)
	case word == "starts" && p.word() == "with":
		return one(strings.HasPrefix, false)
	case word == "ends" && p.word() == "with":
		return one(strings.HasSuffix, false)
	case word == "in":
		values, err := p.set()
		return func(l func(string) (string, bool)) bool { v, ok := l(key); return ok && slices.Contains(values, v) }, err
	case word == "not" && p.word() == "in":
		values, err := p.set()
		return func(l func(string) (string, bool)) bool { v, ok := l(key); return !ok || !slices.Contains(values, v) }, err
	}
	return nil, errSelector
}

// word reads a label key or a keyword; "" when there is none.
func (p *selectorParser) word() string {
	p.space()
	end := strings.IndexFunc(p.rest, func(r rune) bool {
		return !strings.ContainsRune("-_./", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end < 0 {
		end = len(p.rest)
	}
	w := p.rest[:end]
	p.rest = p.rest[end:]
	return w
}

func (p *selectorParser) quoted() (string, error) {
	for _, quote := range []string{"'", `"`} {
		if p.take(quote) {
			value, rest, found := strings.Cut(p.rest, quote)
			if !found {
				return "", errSelector
			}
			p.rest = rest
			return value, nil
		}
	}
	return "", errSelector
}

func (p *selectorParser) set() ([]string, error) {
	if !p.take("{") {
		return nil, errSelector
	}
	var values []string
	for !p.take("}") {
		v, err := p.quoted()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		p.take(",")
	}
	return values, nil
}
