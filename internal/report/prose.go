package report

import (
	"html"
	"html/template"
	"regexp"
	"strings"
)

// A chapter is a part of a rule's page: what stands below one ## heading.
type chapter struct {
	Heading string // empty before the first heading
	Body    template.HTML
}

// chapters turns the Markdown of a rule into HTML. It knows what rules are
// written in: headings, paragraphs, lists, fenced blocks, `code` and <links>.
// Everything else stands for itself; every character of the text is escaped.
func chapters(markdown string) []chapter {
	var out []chapter
	var b proseWriter
	end := func() {
		b.close()
		if b.html.Len() > 0 {
			if len(out) == 0 {
				out = append(out, chapter{})
			}
			out[len(out)-1].Body = template.HTML(b.html.String())
			b.html.Reset()
		}
	}
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\r\n")
		heading, isHeading := strings.CutPrefix(line, "## ")
		switch {
		case strings.HasPrefix(line, "```"):
			b.fence()
		case b.block == "pre":
			b.html.WriteString(html.EscapeString(proseText(line)) + "\n")
		case isHeading:
			end()
			out = append(out, chapter{Heading: Text(heading)})
		case strings.TrimSpace(line) == "":
			b.close()
		case strings.HasPrefix(line, "* "), strings.HasPrefix(line, "- "):
			b.item(line[2:])
		default:
			b.line(line)
		}
	}
	end()
	return out
}

// proseWriter keeps the block that is open: p, ul or pre.
type proseWriter struct {
	html  strings.Builder
	block string
}

func (b *proseWriter) open(block string) {
	b.close()
	b.block = block
	b.html.WriteString("<" + block + ">")
}

func (b *proseWriter) close() {
	if b.block == "ul" {
		b.html.WriteString("</li>")
	}
	if b.block != "" {
		b.html.WriteString("</" + b.block + ">\n")
	}
	b.block = ""
}

func (b *proseWriter) fence() {
	if b.block == "pre" {
		b.close()
		return
	}
	b.open("pre")
}

func (b *proseWriter) item(text string) {
	if b.block == "ul" {
		b.html.WriteString("</li>")
	} else {
		b.open("ul")
	}
	b.html.WriteString("<li>" + inline(text))
}

func (b *proseWriter) line(text string) {
	if b.block == "" {
		b.open("p")
	} else {
		b.html.WriteString(" ")
	}
	b.html.WriteString(inline(strings.TrimSpace(text)))
}

// mdInline is `code` or a <link>.
var mdInline = regexp.MustCompile("`[^`]+`|<https?://[^\\s<>\"]+>")

// inline escapes a line, its code spans and links marked up.
func inline(s string) string {
	s = proseText(s)
	var b strings.Builder
	at := 0
	for _, m := range mdInline.FindAllStringIndex(s, -1) {
		b.WriteString(html.EscapeString(s[at:m[0]]))
		inner := html.EscapeString(s[m[0]+1 : m[1]-1])
		if s[m[0]] == '`' {
			b.WriteString("<code>" + inner + "</code>")
		} else {
			b.WriteString(`<a href="` + inner + `" rel="noopener noreferrer">` + inner + "</a>")
		}
		at = m[1]
	}
	b.WriteString(html.EscapeString(s[at:]))
	return b.String()
}

// proseText is Text that leaves tabs alone.
func proseText(s string) string { return excerptText(s) }
