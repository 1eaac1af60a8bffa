package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseSize(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Size
	}{
		{"1", 1},
		{"512", 512},
		{"1KiB", 1 << 10},
		{"10MiB", 10 << 20},
		{"10 MiB", 10 << 20},
		{"10M", 10 << 20},
		{"10MB", 10 << 20},
		{"2Gi", 2 << 30},
		{"", 0},
		{"0", 0},
		{"-1", 0},
		{"1.5GiB", 0},
		{"GiB", 0},
		{"10TiB", 0},
		{"99999999999999999999", 0},
		{"9000000GiB", 0},
	} {
		if got, err := ParseSize(tt.text); got != tt.want || (err == nil) != (tt.want > 0) {
			t.Errorf("%q: got %d, %v, want %d", tt.text, got, err, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	f, err := Parse(Name, []byte("limits: {timeout: 90s, memory: 2GiB, documents: 20000, policy-timeout: 1m}"))
	if err != nil {
		t.Fatal(err)
	}
	want := Limits{Timeout: Duration(90 * time.Second), Memory: 2 << 30, Documents: 20000, PolicyTimeout: Duration(time.Minute)}
	if f.Limits != want {
		t.Errorf("got %+v", f.Limits)
	}
}

// What the tree may ask for has an end, and each key has one of its own.
func TestCeilings(t *testing.T) {
	for key, values := range map[string][2]string{
		"timeout": {"4m", "241s"}, "total": {"2h", "3h"}, "memory": {"4GiB", "5GiB"}, "output": {"256MiB", "257MiB"},
		"file": {"40MiB", "41MiB"}, "archive": {"400MiB", "1GiB"}, "documents": {"40000", "40001"},
		"values": {"4000000", "4000001"}, "policy-timeout": {"40s", "1m"}, "policy-steps": {"20000000", "20000001"},
	} {
		for i, value := range values {
			f, err := Parse(Name, []byte("limits:\n  "+key+": "+value+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			err = f.CheckCeilings()
			if want := Name + ":2: limits: " + key + " is above " + values[0]; i == 1 && (err == nil || !strings.HasPrefix(err.Error(), want)) {
				t.Errorf("%s: %s: error is %v, want %s", key, value, err, want)
			}
			if i == 0 && err != nil {
				t.Error(err)
			}
		}
	}
	if n := reflect.TypeFor[Limits]().NumField(); n != len(ceilings) {
		t.Errorf("%d limits have %d ceilings", n, len(ceilings))
	}
}
