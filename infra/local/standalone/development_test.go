package standalone_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tacet/infra/local/site"
)

func TestKeysThatOthersCanReadAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes")
	}
	data := t.TempDir()
	_, stop := mustStart(t, settings(data))
	stop()
	file := filepath.Join(data, "development.json")
	if _, err := site.ReadDevelopment(data); err != nil {
		t.Error("nobody else can read them: ", err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o602} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := site.ReadDevelopment(data); err == nil || !strings.Contains(err.Error(), "chmod 600 "+file) {
			t.Errorf("%v: got %v", mode, err)
		}
	}
}
