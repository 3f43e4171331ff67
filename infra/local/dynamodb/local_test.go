package dynamodb_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tacet/infra/local/dynamodb"
)

var everything = dynamodb.Table{
	Name: "everything", Stream: "NEW_IMAGE", Expiry: "exp",
	Key: dynamodb.Key{Hash: dynamodb.Attribute{Name: "pk", Type: "S"}, Range: dynamodb.Attribute{Name: "sk", Type: "S"}},
	Indexes: []dynamodb.Index{{
		Name: "due", Projection: "INCLUDE", Holds: []string{"app"},
		Key: dynamodb.Key{Hash: dynamodb.Attribute{Name: "part", Type: "S"}, Range: dynamodb.Attribute{Name: "at", Type: "N"}},
	}, {
		Name: "by-sk", Projection: "ALL", Key: dynamodb.Key{Hash: dynamodb.Attribute{Name: "sk", Type: "S"}},
	}},
}

func TestTablesAreKeptInAFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, want := range [][]string{nil, {"everything"}} {
		l, err := dynamodb.Start(t.Context(), dynamodb.Options{Data: data, Apart: true})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Stop()
		tables := dynamodb.TablesOf(l.Endpoint, "eu-central-1", "owner")
		names, err := tables.Names(t.Context())
		if err != nil || !slices.Equal(names, want) {
			t.Errorf("there are the tables %q, %v; want %q", names, err, want)
		}
		// It listens on all interfaces: who does not know the owner finds nothing.
		if names, err := dynamodb.TablesOf(l.Endpoint, "eu-central-1", "stranger").Names(t.Context()); err != nil || len(names) > 0 {
			t.Errorf("a stranger sees %q, %v", names, err)
		}
		if want == nil {
			if err := tables.Create(t.Context(), everything); err != nil {
				t.Error(err)
			}
		} else if err := tables.Drop(t.Context(), "everything"); err != nil {
			t.Error(err)
		}
		l.Stop()
		if response, err := http.Get(l.Endpoint); err == nil {
			response.Body.Close()
			t.Error("it still answers after it was stopped")
		}
	}
}

func TestWhatIsMissingIsSaidWithWhatToDo(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		name    string
		start   func() error
		missing error
		want    string
	}{
		{"no repository", func() error { _, err := dynamodb.Find(empty); return err }, dynamodb.ErrNotFound, "--dynamodb DIR"},
		{"nothing fetched", func() error {
			root := t.TempDir()
			if err := os.WriteFile(filepath.Join(root, "go.mod"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := dynamodb.Find(root)
			return err
		}, dynamodb.ErrNotFound, ".tools/dynamodb/fetch"},
		{"another folder", func() error {
			_, err := dynamodb.Start(t.Context(), dynamodb.Options{Folder: empty})
			return err
		}, dynamodb.ErrNotFound, "no DynamoDBLocal.jar"},
		{"no Java", func() error {
			folder, err := dynamodb.Find(".")
			if err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", empty)
			_, err = dynamodb.Start(t.Context(), dynamodb.Options{Folder: folder})
			return err
		}, nil, "install a Java runtime"},
	} {
		err := c.start()
		if err == nil || !strings.Contains(err.Error(), c.want) || c.missing != nil && !errors.Is(err, c.missing) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
}

// A folder that has a jar of that name and nothing that can be run.
func TestAProcessThatEndsByItselfIsNotWaitedFor(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "DynamoDBLocal-0.jar"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dynamodb.Start(t.Context(), dynamodb.Options{Folder: folder}); err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("got %v", err)
	}
}
