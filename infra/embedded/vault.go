package embedded

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"tacet/core/directory"
)

// Vault keeps the few and small records of the vault of data keys; it
// implements directory.Directory. They rest in a file of their own, of which
// nobody else may read anything, and are taken out of it for good; see
// erasable for what that guarantees. In memory, what is removed is overwritten
// as well, but for copies that were handed out.
//
// Each Apply writes the whole file, in time that grows with the number of
// records, and returns when the disk says that it has it.
type Vault struct {
	file *erasable // without a folder they are in memory only
	now  func() time.Time

	writing sync.Mutex // one Apply at a time
	mu      sync.RWMutex
	kept    map[directory.Key]directory.Record // replaced, not changed
	closed  bool
}

// ErrVault is why a vault cannot be used. The text around it says what to do.
var ErrVault = errors.New("the vault of data keys cannot be used")

func openVault(folder string, now func() time.Time) (*Vault, error) {
	v := &Vault{file: &erasable{folder: folder, name: "vault"}, now: now, kept: map[directory.Key]directory.Record{}}
	if folder == "" {
		return v, nil
	}
	path := v.file.path()
	if !private(path) {
		return nil, fmt.Errorf("%w: others may read %s; run: chmod 600 %s", ErrVault, path, path)
	}
	data, err := v.file.read()
	defer clear(data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return v, nil
	case errors.Is(err, errDamaged):
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrVault, err)
	default:
		v.kept, err = decodeVault(data)
	}
	if err != nil { // to go on without it would look as if all accounts had been deleted
		return nil, fmt.Errorf("%w: %s is damaged, and without it nothing of any account can be read; put a copy of it back, or move it away to go on without the accounts", ErrVault, path)
	}
	return v, nil
}

// close makes all that is called later return ErrClosed.
func (v *Vault) close() {
	v.writing.Lock()
	defer v.writing.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	for _, r := range v.kept {
		clear(r.Value)
	}
	v.kept = nil
}

// look runs f, which reads.
func (v *Vault) look(ctx context.Context, f func()) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.closed {
		return ErrClosed
	}
	f()
	return nil
}

// Get implements directory.Directory.
func (v *Vault) Get(ctx context.Context, k directory.Key) (r directory.Record, err error) {
	if err := k.Check(); err != nil {
		return r, err
	}
	there := false
	err = v.look(ctx, func() {
		if r, there = v.kept[k]; there && readable(r.Expires, v.now()) {
			r.Value = slices.Clone(r.Value)
			return
		}
		r, there = directory.Record{}, false
	})
	if err == nil && !there {
		err = directory.ErrAbsent
	}
	return r, err
}

// List implements directory.Directory.
func (v *Vault) List(ctx context.Context, p directory.Part, prefix, after string, limit int) (page []directory.Record, next string, err error) {
	return v.list(ctx, p, prefix, after, limit, v.now())
}

// Remains implements directory.Directory.
func (v *Vault) Remains(ctx context.Context, p directory.Part, after string, limit int) (page []directory.Record, next string, err error) {
	return v.list(ctx, p, "", after, limit, never)
}

func (v *Vault) list(ctx context.Context, p directory.Part, prefix, after string, limit int, now time.Time) (page []directory.Record, next string, err error) {
	if err := directory.CheckList(p, prefix, after, limit); err != nil {
		return nil, "", err
	}
	err = v.look(ctx, func() {
		for k, r := range v.kept {
			if k.Part == p && k.Name > after && strings.HasPrefix(k.Name, prefix) && readable(r.Expires, now) {
				page = append(page, r)
			}
		}
		slices.SortFunc(page, func(a, b directory.Record) int { return strings.Compare(a.Name, b.Name) })
		if len(page) > limit {
			page, next = page[:limit], page[limit-1].Name
		}
		for i := range page {
			page[i].Value = slices.Clone(page[i].Value)
		}
	})
	return page, next, err
}

// Apply implements directory.Directory.
func (v *Vault) Apply(ctx context.Context, changes ...directory.Change) (directory.Version, error) {
	if err := cmp.Or(directory.CheckChanges(changes), ctx.Err()); err != nil {
		return "", err
	}
	version, err := newVersion()
	if err != nil {
		return "", err
	}
	v.writing.Lock()
	defer v.writing.Unlock()
	if v.closed {
		return "", ErrClosed
	}
	next, gone, err := v.changed(changes, version)
	if err != nil {
		return "", err
	}
	if v.file.folder != "" {
		data := encodeVault(next)
		defer clear(data)
		if err := v.file.replace(data); err != nil {
			return "", fmt.Errorf("write to the vault of data keys: %w", err)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept = next
	for _, r := range gone {
		clear(r.Value)
	}
	return version, nil
}

// changed returns what is to be kept when the changes are made, and what is
// not any more, or directory.ErrConflict. Nobody writes meanwhile.
func (v *Vault) changed(changes []directory.Change, version directory.Version) (next map[directory.Key]directory.Record, gone []directory.Record, err error) {
	now := v.now()
	next = maps.Clone(v.kept)
	maps.DeleteFunc(next, func(_ directory.Key, r directory.Record) bool {
		expired := !readable(r.Expires, now)
		if expired {
			gone = append(gone, r)
		}
		return expired
	})
	for _, c := range changes {
		was, there := next[c.Key]
		if !holds(c, was.Version) {
			return nil, nil, directory.ErrConflict
		}
		if there && c.Does != directory.Checks {
			gone = append(gone, was)
		}
		switch c.Does {
		case directory.Puts:
			next[c.Key] = directory.Record{Key: c.Key, Value: slices.Clone(c.Value), Version: version, Expires: toTheSecond(c.Expires)}
		case directory.Deletes:
			delete(next, c.Key)
		}
	}
	return next, gone, nil
}

// copies returns each record that can be read, as decodeVault reads it.
func (v *Vault) copies(ctx context.Context) (copies [][]byte, err error) {
	err = v.look(ctx, func() {
		now := v.now()
		for k, r := range v.kept {
			if readable(r.Expires, now) {
				copies = append(copies, encodeVault(map[directory.Key]directory.Record{k: r}))
			}
		}
	})
	return copies, err
}

// encodeVault returns the file's content: for each record its kind, and then
// its id, its name and the rest, each after its length.
func encodeVault(kept map[directory.Key]directory.Record) []byte {
	size := 0
	for k, r := range kept {
		size += len(k.ID) + len(k.Name) + len(r.Value) + 64
	}
	data := make([]byte, 0, size) // not moved while it grows, so that it can be cleared
	for k, r := range kept {
		rest := encodeRecord(r)
		data = append(data, byte(k.Kind))
		for _, field := range [][]byte{[]byte(k.ID), []byte(k.Name), rest} {
			data = append(binary.AppendUvarint(data, uint64(len(field))), field...)
		}
		clear(rest)
	}
	return data
}

func decodeVault(data []byte) (map[directory.Key]directory.Record, error) {
	kept := map[directory.Key]directory.Record{}
	for len(data) > 0 {
		var fields [3][]byte
		k := directory.Key{Part: directory.Part{Kind: directory.Kind(data[0])}}
		data = data[1:]
		for i := range fields {
			size, n := binary.Uvarint(data)
			if n <= 0 || size > uint64(len(data)-n) {
				return nil, errRecord
			}
			fields[i], data = data[n:n+int(size)], data[n+int(size):]
		}
		k.ID, k.Name = string(fields[0]), string(fields[1])
		r, err := decodeRecord(k, fields[2])
		if err != nil {
			return nil, err
		}
		kept[k] = r
	}
	return kept, nil
}
