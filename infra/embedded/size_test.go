package embedded_test

import (
	"testing"
	"time"

	"tacet/infra/embedded"
)

func TestTheSizeOfTheFolderIsKnown(t *testing.T) {
	d := open(t, embedded.Options{Folder: t.TempDir(), Now: time.Now})
	if used, free, err := d.Space(); err != nil || used == 0 || free == 0 {
		t.Errorf("%d bytes used, %d free: %v", used, free, err)
	}
	memory := open(t, embedded.Options{Now: time.Now})
	if used, free, err := memory.Space(); err != nil || used != 0 || free != 0 {
		t.Errorf("in memory %d bytes used, %d free: %v", used, free, err)
	}
}
