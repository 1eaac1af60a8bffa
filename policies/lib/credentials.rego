# METADATA
# title: What the rules about credentials share
# description: |
#   input.facts.credentials lists the credentials Go has found, the most certain
#   first within a field. Each has one kind, so that one value has one finding:
#   private keys belong to private-key-in-manifest, providers' tokens to
#   credential-pattern, wherever they stand; all other kinds to the rule of the
#   place. No message shows more of a value than its first two characters and
#   its length.
package sekisho.lib.credentials

# The credentials of the object under judgment.
all := object.get(input.facts, ["credentials"], [])

# certain are the kinds that a place alone is judged by: a name and a value that
# looks like a credential.
certain := {"credential", "connection-string", "random"}

# groups(list) are the credentials of a list by field: the most certain one, and
# how many more the same field holds.
groups(list) := [group |
	some i, first in list
	not _repeats(list, i)
	group := {"first": first, "more": count([1 | some other in list; other.path == first.path]) - 1}
]

_repeats(list, i) if {
	some j in numbers.range(0, i)
	j < i
	list[j].path == list[i].path
}

# phrase({"first": c, "more": 0}) says what was found:
# a password in a connection string under "spring.url" on line 3: hu… (12 characters).
phrase(group) := sprintf("%s%s%s%s%s", [
	_what(group.first),
	_under(group.first),
	_on_line(group.first),
	_shown(group.first),
	_and_more(group.more),
])

_what(c) := sprintf("a token of the pattern %q", [c.rule]) if {
	c.kind == "provider-token"
} else := {
	"private-key": "a private key",
	"connection-string": "a password in a connection string",
	"credential": "a credential",
	"random": "a random value like those of keys",
	"guessable": "a password that anyone would guess",
	"placeholder": "a placeholder",
	"opaque": "a value",
	"plain": "a value",
}[c.kind]

_under(c) := sprintf(" under %q", [c.inner])

_under(c) := "" if not c.inner

_on_line(c) := sprintf(" on line %d", [c.line])

_on_line(c) := "" if not c.line

_shown(c) := sprintf(": %s", [c.shown]) if {
	c.shown != ""
	c.kind != "private-key"
} else := ""

_and_more(0) := ""

_and_more(n) := sprintf(", and %d more", [n]) if n > 0

# place(c) names the field for people: variable "DB_PASSWORD" of container "app".
place(c) := sprintf("%s%s", [_field(c), _of_container(c)])

_field(c) := sprintf("variable %q", [c.key]) if {
	c.where == "env"
} else := sprintf("HTTP header %q", [c.key]) if {
	c.where == "header"
} else := sprintf("annotation %q", [c.key]) if {
	c.where == "annotation"
} else := sprintf("label %q", [c.key]) if {
	c.where == "label"
} else := sprintf("key %q of %s %q", [c.key, input.kind, object.get(input.object, ["metadata", "name"], "")]) if {
	c.where in {"secret", "config-map"}
} else := "a probe" if {
	c.where == "probe"
} else := "a lifecycle hook" if {
	c.where == "lifecycle"
} else := "the command line" if {
	c.where == "args"
} else := sprintf("field %q", [c.key])

_of_container(c) := sprintf(" of container %q", [c.container])

_of_container(c) := "" if not c.container
