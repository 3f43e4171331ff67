package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/seal/sealtest"
	"tacet/core/telemetry"
	"tacet/infra/embedded"
)

// childFolder makes the test binary a child that writes until it is killed.
const childFolder = "TACET_EMBEDDED_TEST_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		writeUntilKilled(folder)
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes events, applications and records, and prints the number of
// each event when it is acknowledged.
func writeUntilKilled(folder string) {
	clock := pubsubtest.NewClock()
	d, err := embedded.Open(embedded.Options{Folder: folder, Now: clock.Now})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	// Whatever happens to the one who kills it, it does not stay.
	time.AfterFunc(time.Minute, func() { os.Exit(1) })
	ctx := context.Background()
	lines := make(chan string)
	for worker := range 4 {
		go func() {
			for i := 0; ; i++ {
				n := 4*i + worker
				if i%50 == 0 {
					put := directory.Put(nth(n), []byte("value"), time.Time{}, directory.IfAbsent)
					if _, err := d.Directory.Apply(ctx, put, directory.Put(also(n), []byte("value"), time.Time{}, directory.IfAbsent)); err == nil {
						lines <- fmt.Sprintf("record %d", n)
					}
					if _, err := d.Vault.Apply(ctx, put); err == nil {
						lines <- fmt.Sprintf("secret %d", n)
					}
				}
				if i%50 == 25 {
					if err := d.Ledger.Append(ctx, ledgertest.Entry(n, ledger.Download, ledger.Requested, clock.Now())); err == nil {
						lines <- fmt.Sprintf("request %d", n)
					}
				}
				err := d.Telemetry.Record(ctx, record(clock.Now(), n), true)
				if err == nil {
					lines <- fmt.Sprintf("event %d", n)
				}
			}
		}()
	}
	for l := range lines {
		fmt.Println(l)
	}
}

// also is what is written together with nth.
func also(n int) directory.Key {
	k := nth(n)
	k.ID = "other"
	return k
}

func record(at time.Time, n int) telemetry.Record {
	e := telemetry.Event{Node: "n", App: pubsubtest.AppA, Topic: privacy.RecordedTopic(fmt.Sprintf("planted-topic/%d", n)), Size: n, At: at}
	return telemetry.Record{Event: e, Expires: at.Add(24 * time.Hour)}
}

func sizes(t *testing.T, d *embedded.Disk, now time.Time) map[int]int {
	t.Helper()
	seen := map[int]int{}
	err := d.Telemetry.Each(t.Context(), pubsubtest.AppA, now.Add(-time.Hour), now.Add(time.Hour), now, func(e telemetry.Event) error {
		seen[e.Size]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestWhatWasAcknowledgedSurvivesKill(t *testing.T) {
	folder := t.TempDir()
	clock := pubsubtest.NewClock()
	acknowledged := map[string][]int{}
	for round := range 2 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childFolder+"="+folder)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 3000 {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			kind, number, _ := strings.Cut(lines.Text(), " ")
			i, err := strconv.Atoi(number)
			if err != nil && n < 3000 {
				t.Fatalf("the child says %q", lines.Text())
			} else if err == nil {
				acknowledged[kind] = append(acknowledged[kind], i)
			}
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		if len(acknowledged["event"]) < 2000*(round+1) {
			t.Fatalf("only %d events were acknowledged", len(acknowledged["event"]))
		}
	}
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	seen := sizes(t, d, clock.Now())
	for _, n := range acknowledged["event"] {
		if seen[n] == 0 {
			t.Errorf("event %d was acknowledged and is missing", n)
		}
	}
	if len(acknowledged["record"]) < 4 || len(acknowledged["secret"]) < 4 || len(acknowledged["request"]) < 4 {
		t.Errorf("too few changes were acknowledged: %v", acknowledged)
	}
	for _, n := range acknowledged["record"] {
		if _, err := d.Directory.Get(t.Context(), nth(n)); err != nil {
			t.Errorf("record %d was acknowledged, and: %v", n, err)
		}
	}
	for _, n := range acknowledged["secret"] {
		if _, err := d.Vault.Get(t.Context(), nth(n)); err != nil {
			t.Errorf("secret %d was acknowledged, and: %v", n, err)
		}
	}
	for _, n := range acknowledged["request"] {
		if of, err := d.Ledger.Of(t.Context(), ledgertest.Request(n)); err != nil || len(of) != 1 {
			t.Errorf("request %d was acknowledged, and there is %v, %v", n, of, err)
		}
	}
	must(t, d.Ledger.Verify(t.Context()))
	one, other := names(t, d.Directory, nth(0).Part), names(t, d.Directory, also(0).Part)
	if !slices.Equal(one, other) {
		t.Errorf("what is written together is not: %v and %v", one, other)
	}
}

func names(t *testing.T, d directory.Directory, p directory.Part) (names []string) {
	t.Helper()
	for next, more := "", true; more; more = next != "" {
		page, after, err := d.List(t.Context(), p, "", next, directory.MaxPage)
		must(t, err)
		for _, r := range page {
			names = append(names, r.Name)
		}
		next = after
	}
	return names
}

func TestClosingWritesWhatIsBuffered(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	for n := range 100 {
		if err := d.Telemetry.Record(t.Context(), record(clock.Now(), n), false); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, d)
	for _, durable := range []bool{true, false} {
		if err := d.Telemetry.Record(t.Context(), record(clock.Now(), 1), durable); !errors.Is(err, embedded.ErrClosed) {
			t.Errorf("recorded after Close: %v", err)
		}
	}
	if seen := sizes(t, open(t, embedded.Options{Folder: folder, Now: clock.Now}), clock.Now()); len(seen) != 100 {
		t.Errorf("%d events are there, want 100", len(seen))
	}
}

// Everything that the stores are given is planted, and then looked for in every
// file, open and closed.
func TestFilesHoldNoClearText(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	key := [privacy.SecretSize]byte(bytes.Repeat([]byte("blind"), 7))
	a := &app.App{ID: pubsubtest.AppA, Account: "planted-account", Plan: "free", Blind: privacy.NewBlindKey(key)}
	pubsubtest.Tenant{App: a}.Keep(t, d.Directory, sealtest.NewVault(sealtest.Random(1)))
	r := record(clock.Now(), 1)
	if err := r.ClientIP.UnmarshalText([]byte("truncate/1/203.0.113.0/24")); err != nil {
		t.Fatal(err)
	}
	// Enough for tables on disk, not the write-ahead log alone.
	for range 300 {
		for n := range 200 {
			r.Topic = privacy.RecordedTopic(fmt.Sprintf("planted-topic/%d", n))
			if err := d.Telemetry.Record(t.Context(), r, false); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Telemetry.Record(t.Context(), r, true); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Secrets.Secret(t.Context(), privacy.DayOf(clock.Now())); err != nil {
		t.Fatal(err)
	}
	marks := []string{"planted", "203.0.113", "blindblind", "YmxpbmRibGluZ"} // the last in base64
	search(t, folder, marks)
	mustClose(t, d)
	if tables := search(t, folder, marks); tables == 0 {
		t.Error("there were no tables to search")
	}
}

// search looks for marks in every file below folder and checks who may read
// it, and returns how many tables of Badger there were.
func search(t *testing.T, folder string, marks []string) int {
	t.Helper()
	tables := 0
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range marks {
			if bytes.Contains(data, []byte(m)) {
				t.Errorf("%s holds %q", path, m)
			}
		}
		if info, err := e.Info(); err == nil && filepath.Dir(path) == folder && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		if strings.HasSuffix(path, ".sst") {
			tables++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(folder, "db")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the data is open to others: %v, %v", info.Mode(), err)
	}
	return tables
}

func TestAFolderThatCannotBeUsedIsSaidToBe(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, folder string)
		want  error
		says  string
	}{
		{"another process has it", func(t *testing.T, folder string) {
			open(t, embedded.Options{Folder: folder})
		}, embedded.ErrInUse, "stop it"},
		{"the key is missing", func(t *testing.T, folder string) {
			must(t, os.Remove(filepath.Join(folder, "key")))
		}, embedded.ErrNoKey, "put it back"},
		{"the key is damaged", func(t *testing.T, folder string) {
			must(t, os.WriteFile(filepath.Join(folder, "key"), []byte("0123"), 0o600))
		}, embedded.ErrNoKey, "damaged"},
		{"the key is another", func(t *testing.T, folder string) {
			must(t, os.WriteFile(filepath.Join(folder, "key"), []byte(strings.Repeat("ab", 32)), 0o600))
		}, embedded.ErrWrongKey, "another key"},
		{"the key is open to others", func(t *testing.T, folder string) {
			must(t, os.Chmod(filepath.Join(folder, "key"), 0o644))
		}, embedded.ErrNoKey, "chmod 600"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			mustClose(t, open(t, embedded.Options{Folder: folder}))
			c.spoil(t, folder)
			d, err := embedded.Open(embedded.Options{Folder: folder, Now: time.Now})
			if err == nil {
				mustClose(t, d)
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), folder) {
				t.Errorf("got %v, want %v, a word of %q and the folder", err, c.want, c.says)
			}
			if d != nil {
				t.Error("stores that could not be opened were returned")
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestARefusedFolderIsLeftFree(t *testing.T) {
	folder := t.TempDir()
	mustClose(t, open(t, embedded.Options{Folder: folder}))
	key := filepath.Join(folder, "key")
	good, err := os.ReadFile(key)
	must(t, err)
	must(t, os.WriteFile(key, []byte(strings.Repeat("ab", 32)), 0o600))
	if _, err := embedded.Open(embedded.Options{Folder: folder, Now: time.Now}); !errors.Is(err, embedded.ErrWrongKey) {
		t.Fatal(err)
	}
	must(t, os.WriteFile(key, good, 0o600))
	open(t, embedded.Options{Folder: folder})
}
