package embedded_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/embedded"
)

func nth(n int) directory.Key {
	return directory.Key{Part: directory.Part{Kind: 'o', ID: "account"}, Name: fmt.Sprintf("member/%04d", n)}
}

func TestTheDirectoryIsThereAfterARestart(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	stays := mustApply(t, d.Directory, directory.Put(nth(1), []byte("stays"), time.Time{}, directory.IfAbsent))
	mustApply(t, d.Directory, directory.Put(nth(2), []byte("goes"), time.Time{}, directory.Always))
	mustApply(t, d.Directory, directory.Put(nth(3), []byte("ends"), clock.Now().Add(1500*time.Millisecond), directory.Always))
	mustApply(t, d.Directory, directory.Delete(nth(2), directory.IfPresent))
	mustClose(t, d)

	d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
	page, next, err := d.Directory.List(t.Context(), nth(0).Part, "", "", 10)
	if err != nil || next != "" || len(page) != 2 || string(page[0].Value) != "stays" || page[0].Version != stays {
		t.Fatalf("got %v, %q, %v", page, next, err)
	}
	if want := clock.Now().Add(time.Second); !page[1].Expires.Equal(want) {
		t.Errorf("expires at %v, want %v", page[1].Expires, want)
	}
	clock.Advance(time.Second)
	if _, err := d.Directory.Get(t.Context(), nth(3)); !errors.Is(err, directory.ErrAbsent) {
		t.Errorf("what has expired: %v", err)
	}
}

// The most that one Apply may hold is committed at once: Badger's transactions
// have a limit that depends on the size of its tables.
func TestAnApplyOfTheLargestSizeIsMade(t *testing.T) {
	for name, folder := range map[string]string{"on disk": t.TempDir(), "in memory": ""} {
		t.Run(name, func(t *testing.T) {
			d := open(t, embedded.Options{Folder: folder})
			var many, large []directory.Change
			for n := range directory.MaxChanges {
				many = append(many, directory.Put(nth(n), make([]byte, directory.MaxBytes/directory.MaxChanges), time.Time{}, directory.IfAbsent))
			}
			for n := range directory.MaxBytes / directory.MaxValue {
				large = append(large, directory.Put(nth(n), make([]byte, directory.MaxValue), time.Time{}, directory.IfPresent))
			}
			mustApply(t, d.Directory, many...)
			mustApply(t, d.Directory, large...)
			mustApply(t, d.Vault, many...)
		})
	}
}

// A page whose values are large ends early, and is gone on with.
func TestALargePartIsListedInPages(t *testing.T) {
	d := open(t, embedded.Options{})
	const n = 40
	for i := range n {
		mustApply(t, d.Directory, directory.Put(nth(i), make([]byte, directory.MaxValue), time.Time{}, directory.Always))
	}
	seen, pages := 0, 0
	for next := ""; pages == 0 || next != ""; pages++ {
		page, after, err := d.Directory.List(t.Context(), nth(0).Part, "member/", next, directory.MaxPage)
		must(t, err)
		for _, r := range page {
			if r.Key != nth(seen) {
				t.Fatalf("record %d is %s", seen, r.Key)
			}
			seen++
		}
		next = after
	}
	if seen != n || pages < 2 {
		t.Errorf("saw %d records in %d pages", seen, pages)
	}
}

func TestPartsOfAKindAreFound(t *testing.T) {
	clock := pubsubtest.NewClock()
	d := open(t, embedded.Options{Now: clock.Now})
	put := func(kind directory.Kind, id, name string, expires time.Time) {
		t.Helper()
		k := directory.Key{Part: directory.Part{Kind: kind, ID: id}, Name: name}
		mustApply(t, d.Directory, directory.Put(k, nil, expires, directory.Always))
	}
	soon := clock.Now().Add(time.Minute)
	for _, id := range []string{"a", "a-b", "a0", "b"} {
		put('o', id, "expires", soon)
		put('o', id, "stays", time.Time{})
	}
	put('o', "ended", "one", soon)
	put('o', "ended", "two", soon)
	put('n', "z", "other-kind", time.Time{})
	put('p', "a", "other-kind", time.Time{})
	clock.Advance(time.Hour)
	for _, limit := range []int{1, 3, 100} {
		var ids []string
		for last := ""; ; last = ids[len(ids)-1] {
			page, err := d.Directory.Parts(t.Context(), 'o', last, limit)
			must(t, err)
			for _, p := range page {
				ids = append(ids, p.ID)
			}
			if len(page) == 0 {
				break
			}
		}
		if fmt.Sprint(ids) != "[a a-b a0 b]" {
			t.Errorf("%d at a time: %v", limit, ids)
		}
	}
}
