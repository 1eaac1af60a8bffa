package config

import (
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
