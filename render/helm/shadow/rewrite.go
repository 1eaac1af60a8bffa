package shadow

import (
	"strconv"
	"text/template/parse"
	"unicode"
)

// shadowTree is a rewritten tree.
type shadowTree struct {
	tree  *parse.Tree
	decls int // how many variables and dots it binds
}

// The functions the rewritten trees call. The prefix keeps them apart from
// any function a template can name: stock would not know it.
const (
	fnText  = "__text"  // SITE: prints text, marked
	fnBegin = "__begin" // SITE: opens an access log, returns SITE
	fnEmit  = "__emit"  // (__begin SITE) VALUE: prints a value, marked
	fnDef   = "__def"   // (__begin SITE) DECL VALUE: what a variable gets
	fnCond  = "__cond"  // (__begin SITE) VALUE: what if, with and range look at
	fnIter  = "__iter"  // SITE: heads every round of a range
	fnData  = "__data"  // (__begin SITE) VALUE: the data of {{template}}; enters it
	fnEnter = "__enter" // SITE: enters a {{template}} without data
	fnExit  = "__exit"  // leaves a {{template}}
	fnRead  = "__read"  // FIELD RECEIVER VALUE: logs that a field was read
	fnHold  = "__hold"  // VALUE: keeps the receiver of a chain
	fnChain = "__chain" // FIELD VALUE: logs a read of what __hold kept
	fnStrip = "__strip" // VALUE: removes markers from a string
	fnOpen  = "__open"  // opens an access log inside an action
	fnArg   = "__arg"   // (__open) VALUE: a value with what was read for it
)

// rooted is the variable number of $ and of the dot outside of with and range:
// the data a template was called with.
const rooted = 0

// rewriter turns the tree of one template into its shadow.
type rewriter struct {
	src   *source
	vars  []variable // in scope, the innermost last
	dot   int        // the number of the current dot
	level int
	open  []*site // the if, with and range around
	decls int
	pos   parse.Pos // of the node at work, for the nodes made from it
}

type variable struct {
	name  string
	decl  int
	level int
}

// shadow returns the rewritten form of one of the source's trees.
func (s *source) shadow(tree *parse.Tree) *shadowTree {
	if st := s.shadows[tree]; st != nil {
		return st
	}
	rw := &rewriter{src: s, vars: []variable{{"$", rooted, 0}}, decls: 1}
	// The copy keeps the unexported text, which errors are placed by.
	copied := *tree
	copied.Root = rw.list(tree.Root)
	st := &shadowTree{tree: &copied, decls: rw.decls}
	s.shadows[tree] = st
	return st
}

func (rw *rewriter) declare(name string) int {
	decl := rw.decls
	rw.decls++
	if name != "" {
		rw.vars = append(rw.vars, variable{name, decl, rw.level})
	}
	return decl
}

func (rw *rewriter) lookup(name string) int {
	for i := len(rw.vars) - 1; i >= 0; i-- {
		if rw.vars[i].name == name {
			return rw.vars[i].decl
		}
	}
	return rooted // not reached: the parser knows all variables
}

func (rw *rewriter) site(kind siteKind, pos parse.Pos) (*site, int) {
	s := &site{src: rw.src, kind: kind, pos: int(pos), level: rw.level}
	rw.src.sites = append(rw.src.sites, s)
	return s, len(rw.src.sites) - 1
}

func (rw *rewriter) list(l *parse.ListNode) *parse.ListNode {
	if l == nil {
		return nil
	}
	out := &parse.ListNode{NodeType: parse.NodeList, Pos: l.Pos, Nodes: make([]parse.Node, 0, len(l.Nodes))}
	for _, n := range l.Nodes {
		rw.pos = n.Position()
		out.Nodes = rw.node(out.Nodes, n)
	}
	return out
}

// node appends what becomes of one node.
func (rw *rewriter) node(out []parse.Node, n parse.Node) []parse.Node {
	switch n := n.(type) {
	case *parse.TextNode:
		return append(out, rw.text(n))
	case *parse.ActionNode:
		return append(out, rw.action(n))
	case *parse.IfNode:
		b := rw.branch(siteIf, n.Pipe, n.List, n.ElseList)
		return append(out, &parse.IfNode{BranchNode: b})
	case *parse.WithNode:
		b := rw.branch(siteWith, n.Pipe, n.List, n.ElseList)
		return append(out, &parse.WithNode{BranchNode: b})
	case *parse.RangeNode:
		b := rw.branch(siteRange, n.Pipe, n.List, n.ElseList)
		return append(out, &parse.RangeNode{BranchNode: b})
	case *parse.TemplateNode:
		return rw.call(out, n)
	}
	return append(out, n) // break, continue, comments
}

// text cuts a text at the places where markers go: before the first character
// of each line that is not blank.
func (rw *rewriter) text(n *parse.TextNode) parse.Node {
	text := string(n.Text)
	if firstNonBlank(text) < 0 {
		return n
	}
	s, num := rw.site(siteText, n.Pos)
	last, fresh := 0, true
	for i, r := range text {
		if fresh && !unicode.IsSpace(r) {
			s.pieces = append(s.pieces, text[last:i])
			s.offsets = append(s.offsets, int(n.Pos)+i)
			last, fresh = i, false
		}
		if r == '\n' {
			fresh = true
		}
	}
	s.pieces = append(s.pieces, text[last:])
	return rw.actionOf(rw.pipe(rw.command(rw.ident(fnText), rw.number(num))))
}

func (rw *rewriter) action(n *parse.ActionNode) parse.Node {
	_, num := rw.site(siteAction, n.Pos)
	value := rw.value(n.Pipe)
	if len(n.Pipe.Decl) == 0 {
		return rw.actionOf(rw.pipe(rw.command(rw.ident(fnEmit), rw.begin(num), value)))
	}
	return rw.actionOf(rw.define(n.Pipe, rw.command(rw.ident(fnDef), rw.begin(num), rw.number(rw.bind(n.Pipe)), value)))
}

// bind finds or makes the number of the variable a pipeline sets.
func (rw *rewriter) bind(p *parse.PipeNode) int {
	name := p.Decl[len(p.Decl)-1].Ident[0]
	if p.IsAssign {
		decl := rw.lookup(name)
		for _, s := range rw.open {
			s.assigns = append(s.assigns, decl)
		}
		return decl
	}
	return rw.declare(name)
}

// define keeps the declarations of a pipeline and gives it a new command.
func (rw *rewriter) define(p *parse.PipeNode, cmd *parse.CommandNode) *parse.PipeNode {
	return &parse.PipeNode{
		NodeType: parse.NodePipe, Pos: p.Pos, Line: p.Line,
		IsAssign: p.IsAssign, Decl: p.Decl, Cmds: []*parse.CommandNode{cmd},
	}
}

func (rw *rewriter) branch(kind siteKind, p *parse.PipeNode, body, otherwise *parse.ListNode) parse.BranchNode {
	s, num := rw.site(kind, p.Pos)
	s.body, s.otherwise = body, otherwise
	cond := rw.command(rw.ident(fnCond), rw.begin(num), rw.value(p))
	vars, dot := len(rw.vars), rw.dot
	rw.level++
	rw.open = append(rw.open, s)
	// With one variable, range sets it to the element; with two, the key
	// comes first.
	switch {
	case len(p.Decl) == 2:
		s.key, s.elem = rw.variable(p, 0), rw.variable(p, 1)
	case len(p.Decl) == 1:
		s.elem = rw.variable(p, 0)
	}
	if kind != siteIf {
		s.dot = rw.declare("")
		rw.dot = s.dot
	}
	b := parse.BranchNode{Pos: p.Pos, Line: p.Line, Pipe: rw.define(p, cond)}
	switch kind {
	case siteIf:
		b.NodeType = parse.NodeIf
	case siteWith:
		b.NodeType = parse.NodeWith
	case siteRange:
		b.NodeType = parse.NodeRange
	}
	b.List = rw.list(body)
	if kind == siteRange {
		iter := rw.actionOf(rw.pipe(rw.command(rw.ident(fnIter), rw.number(num))))
		b.List.Nodes = append([]parse.Node{iter}, b.List.Nodes...)
	}
	rw.dot = dot
	b.ElseList = rw.list(otherwise)
	rw.level--
	rw.open = rw.open[:len(rw.open)-1]
	rw.vars = rw.vars[:vars]
	return b
}

func (rw *rewriter) variable(p *parse.PipeNode, i int) int {
	if p.IsAssign {
		return rw.lookup(p.Decl[i].Ident[0])
	}
	return rw.declare(p.Decl[i].Ident[0])
}

// call surrounds {{template}} with the entering and leaving of a frame. The
// frame is entered when the data has been computed in the caller's.
func (rw *rewriter) call(out []parse.Node, n *parse.TemplateNode) []parse.Node {
	s, num := rw.site(siteCall, n.Pos)
	s.name = n.Name
	t := *n
	if n.Pipe == nil {
		out = append(out, rw.actionOf(rw.pipe(rw.command(rw.ident(fnEnter), rw.number(num)))))
	} else {
		t.Pipe = rw.define(n.Pipe, rw.command(rw.ident(fnData), rw.begin(num), rw.value(n.Pipe)))
		for _, d := range n.Pipe.Decl {
			rw.declare(d.Ident[0])
		}
	}
	return append(out, &t, rw.actionOf(rw.pipe(rw.command(rw.ident(fnExit)))))
}

// value rewrites a pipeline as an operand: without its declarations.
func (rw *rewriter) value(p *parse.PipeNode) *parse.PipeNode {
	out := rw.pipe()
	for i, c := range p.Cmds {
		// What is piped into a function arrives as its last argument.
		if i > 0 && rw.marked(out) && !markSafe[functionName(c)] {
			out.Cmds = append(out.Cmds, rw.command(rw.ident(fnStrip)))
		}
		out.Cmds = append(out.Cmds, rw.cmd(c, i == 0))
	}
	return out
}

func functionName(c *parse.CommandNode) string {
	if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
		return id.Ident
	}
	return ""
}

// cmd rewrites one command of a pipeline.
func (rw *rewriter) cmd(c *parse.CommandNode, first bool) *parse.CommandNode {
	if first && len(c.Args) == 1 {
		if p, ok := rw.operand(c.Args[0]).(*parse.PipeNode); ok {
			if _, parenthesised := c.Args[0].(*parse.PipeNode); !parenthesised && len(p.Cmds) == 1 {
				return p.Cmds[0]
			}
			return rw.command(p)
		}
	}
	name := functionName(c)
	out := rw.command()
	for i, arg := range c.Args {
		if i == 0 {
			switch head := arg.(type) {
			case *parse.IdentifierNode:
				if replaced := traced[name]; replaced != "" {
					out.Args = append(out.Args, rw.ident(replaced))
				} else {
					out.Args = append(out.Args, head)
				}
			case *parse.ChainNode: // (X).Method args
				copied := *head
				copied.Node = rw.chainNode(head.Node)
				out.Args = append(out.Args, &copied)
			case *parse.PipeNode:
				out.Args = append(out.Args, rw.value(head))
			default: // .Method args, $x.Method args
				out.Args = append(out.Args, arg)
			}
			continue
		}
		op := rw.operand(arg)
		if rw.marked(op) && !markSafeArg(name, i) {
			p, ok := op.(*parse.PipeNode)
			if !ok {
				p = rw.pipe(rw.command(op))
			}
			op = rw.pipe(rw.command(rw.ident(fnStrip), p))
		}
		if wanted := loggedArgs[name]; wanted != nil && wanted(i) && !literal(arg) {
			op = rw.pipe(rw.command(rw.ident(fnArg), rw.pipe(rw.command(rw.ident(fnOpen))), op))
		}
		out.Args = append(out.Args, op)
	}
	return out
}

func literal(n parse.Node) bool {
	switch n.(type) {
	case *parse.StringNode, *parse.NumberNode, *parse.BoolNode, *parse.NilNode:
		return true
	}
	return false
}

// operand rewrites an operand of a command.
func (rw *rewriter) operand(n parse.Node) parse.Node {
	switch n := n.(type) {
	case *parse.DotNode:
		return rw.read(rw.dot, nil, n, n)
	case *parse.FieldNode:
		dot := &parse.DotNode{NodeType: parse.NodeDot, Pos: n.Pos}
		return rw.read(rw.dot, n.Ident, dot, n)
	case *parse.VariableNode:
		recv := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: n.Pos, Ident: n.Ident[:1]}
		return rw.read(rw.lookup(n.Ident[0]), n.Ident[1:], recv, n)
	case *parse.ChainNode:
		copied := *n
		copied.Node = rw.chainNode(n.Node)
		if p, ok := copied.Node.(*parse.PipeNode); ok {
			copied.Node = rw.pipe(rw.command(rw.ident(fnHold), p))
			num := rw.field(rooted, n.Field)
			return rw.pipe(rw.command(rw.ident(fnChain), rw.number(num), rw.pipe(rw.command(&copied))))
		}
		return &copied
	case *parse.PipeNode:
		return rw.value(n)
	}
	return n
}

// chainNode rewrites what a chain of fields begins with.
func (rw *rewriter) chainNode(n parse.Node) parse.Node {
	if p, ok := n.(*parse.PipeNode); ok {
		return rw.value(p)
	}
	return n
}

// read wraps the reading of a field. The template package evaluates the field
// itself; the wrapper only sees its receiver and its value.
func (rw *rewriter) read(decl int, keys []string, receiver, n parse.Node) *parse.PipeNode {
	num := rw.field(decl, keys)
	return rw.pipe(rw.command(rw.ident(fnRead), rw.number(num), receiver, n))
}

func (rw *rewriter) field(decl int, keys []string) int {
	rw.src.fields = append(rw.src.fields, field{decl, keys})
	return len(rw.src.fields) - 1
}

// marked tells whether an operand, already rewritten, can be a string with
// markers in it: a variable, the dot, or the result of include or of a
// function that hands its arguments on. Maps and lists never hold marked
// strings, because the functions that build them get clean ones.
func (rw *rewriter) marked(n parse.Node) bool {
	p, ok := n.(*parse.PipeNode)
	if !ok {
		return false
	}
	if len(p.Cmds) == 0 {
		return false
	}
	args := p.Cmds[len(p.Cmds)-1].Args
	switch head := args[0].(type) {
	case *parse.PipeNode:
		return rw.marked(head)
	case *parse.IdentifierNode:
		switch head.Ident {
		case fnRead:
			return len(rw.src.fields[args[1].(*parse.NumberNode).Int64].keys) == 0
		case "include", "tpl":
			return true
		default:
			return markSafe[head.Ident]
		}
	}
	return false
}

// Nodes.

func (rw *rewriter) actionOf(p *parse.PipeNode) *parse.ActionNode {
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: rw.pos, Pipe: p}
}

func (rw *rewriter) pipe(cmds ...*parse.CommandNode) *parse.PipeNode {
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: rw.pos, Cmds: cmds}
}

func (rw *rewriter) command(args ...parse.Node) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: rw.pos, Args: args}
}

func (rw *rewriter) ident(name string) parse.Node { return parse.NewIdentifier(name).SetPos(rw.pos) }

func (rw *rewriter) number(n int) parse.Node {
	return &parse.NumberNode{NodeType: parse.NodeNumber, Pos: rw.pos, IsInt: true, Int64: int64(n), Text: strconv.Itoa(n)}
}

func (rw *rewriter) begin(site int) parse.Node {
	return rw.pipe(rw.command(rw.ident(fnBegin), rw.number(site)))
}
