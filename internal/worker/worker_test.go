package worker

import (
	"errors"
	"testing"
)

func TestFrameLimit(t *testing.T) {
	var large TooLarge
	if err := send(nil, make([]byte, 100), 64); !errors.As(err, &large) {
		t.Error(err)
	}
	for n, want := range map[int64]string{1 << 30: "1 GiB", 3 << 19: "1.5 MiB", 512: "512 bytes", 64 << 20: "64 MiB"} {
		if got := ByteSize(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
