package embedded

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tacet/core/privacy"
)

// Secrets makes, keeps and destroys the secrets of days; it implements
// privacy.DaySecrets.
//
// They rest in a small file of their own, not in Badger, whose tables keep
// what was overwritten until they are compacted. At the end of a day's grace
// (with the first call after it, or within a minute, whatever comes first) a
// new file is written without its secret, the old file's bytes are
// overwritten in place, and the new one takes its name.
//
// What that guarantees: nothing that reads files finds the secret again. What
// it does not: a file system that journals data, copies on write (btrfs, ZFS,
// APFS) or takes snapshots, and the controller of a solid-state disk, may
// write the zeros elsewhere and leave the old bytes where only forensics
// looks, until the space is used again. Keep the folder on an encrypted volume
// where that matters. Backups of the folder must leave the file out.
type Secrets struct {
	folder  string // "" keeps them in memory only
	now     func() time.Time
	trouble func(string, error)

	mu      sync.RWMutex
	kept    map[privacy.Day][privacy.SecretSize]byte // all of them in a file
	dirty   bool                                     // which holds something else too
	halfway bool                                     // the new file is whole, and the old one may not be
	failed  time.Time                                // when destroying did last
}

// grace is for how long before and after its day a secret can be had.
const grace = time.Hour

const secretsFile = "secrets"

func openSecrets(folder string, now func() time.Time, trouble func(string, error)) (*Secrets, error) {
	s := &Secrets{folder: folder, now: now, trouble: trouble, kept: map[privacy.Day][privacy.SecretSize]byte{}}
	if folder == "" {
		return s, nil
	}
	if err := s.recover(); err != nil {
		return nil, fmt.Errorf("read the secrets of days: %w", err)
	}
	s.destroyOld()
	return s, nil
}

// Secret implements privacy.DaySecrets.
func (s *Secrets) Secret(_ context.Context, day privacy.Day) (privacy.Secret, error) {
	now := s.now()
	s.mu.RLock()
	secret, ok := s.kept[day]
	tidy := !s.dirty && !s.old(now)
	s.mu.RUnlock()
	if ok && tidy {
		return privacy.NewSecret(secret), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(now)
	if secret, ok = s.kept[day]; !ok && live(day, now) {
		return s.create(day)
	}
	s.destroy(now)
	if !ok {
		return privacy.Secret{}, privacy.ErrNoSecret
	}
	return privacy.NewSecret(secret), nil
}

// create makes the secret of a day, and keeps it in the file or not at all:
// after the next start the day would have another one.
func (s *Secrets) create(day privacy.Day) (privacy.Secret, error) {
	var secret [privacy.SecretSize]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return privacy.Secret{}, fmt.Errorf("make the secret of a day: %w", err)
	}
	s.kept[day], s.dirty = secret, true
	if err := s.save(); err != nil {
		delete(s.kept, day)
		return privacy.Secret{}, fmt.Errorf("keep the secret of a day: %w", err)
	}
	return privacy.NewSecret(secret), nil
}

// destroyOld destroys the secrets of days that are over, if there are any.
func (s *Secrets) destroyOld() {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(now)
	s.destroy(now)
}

// destroy takes what was dropped out of the file. Where that fails, as on a
// full disk, nobody is refused a secret that is in the file, and it is tried
// again with a later call, once a second at most.
func (s *Secrets) destroy(now time.Time) {
	if since := now.Sub(s.failed); since >= 0 && since < time.Second {
		return
	}
	if err := s.save(); err != nil {
		s.failed = now
		s.trouble("destroy the secret of a day", err)
	}
}

// live reports whether a day's secret can be had.
func live(day privacy.Day, now time.Time) bool {
	return !now.Before(day.Start().Add(-grace)) && now.Before((day + 1).Start().Add(grace))
}

func (s *Secrets) old(now time.Time) bool {
	for day := range s.kept {
		if !live(day, now) {
			return true
		}
	}
	return false
}

// drop forgets what is old.
func (s *Secrets) drop(now time.Time) {
	before := len(s.kept)
	maps.DeleteFunc(s.kept, func(day privacy.Day, _ [privacy.SecretSize]byte) bool { return !live(day, now) })
	s.dirty = s.dirty || len(s.kept) != before
}

// save replaces the file if it holds something else. A crash leaves one of
// three states, which recover tells apart: an unfinished new file; a finished
// one beside the old; a finished one beside zeros.
func (s *Secrets) save() error {
	if !s.dirty || s.folder == "" {
		s.dirty = false
		return nil
	}
	if s.halfway { // the new file may be the only one
		if err := s.promote(); err != nil {
			return err
		}
	}
	if err := writeFile(s.folder, secretsFile+".new", encodeSecrets(s.kept)); err != nil {
		return err
	}
	if err := s.promote(); err != nil {
		return err
	}
	s.dirty = false
	return nil
}

// promote destroys the old file and puts the new one in its place.
func (s *Secrets) promote() error {
	s.halfway = true
	if err := overwrite(s.folder, secretsFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(filepath.Join(s.folder, secretsFile+".new"), filepath.Join(s.folder, secretsFile)); err != nil {
		return err
	}
	s.halfway = false // whether the folder remembers it or not: to go on would destroy the new one
	return syncFolder(s.folder)
}

// recover reads the file, after finishing a save that was interrupted.
func (s *Secrets) recover() error {
	fresh, err := os.ReadFile(filepath.Join(s.folder, secretsFile+".new"))
	if err == nil {
		if _, ok := decodeSecrets(fresh); ok {
			err = s.promote()
		} else {
			err = errors.Join(overwrite(s.folder, secretsFile+".new"), os.Remove(filepath.Join(s.folder, secretsFile+".new")))
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := os.ReadFile(filepath.Join(s.folder, secretsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	if kept, ok := decodeSecrets(data); ok {
		s.kept = kept
		return nil
	}
	// It cannot be had again, so the day gets another: values of one day then
	// no longer compare, which harms nobody's privacy.
	s.trouble("read the secrets of days", errors.New("the file is damaged: today's addresses will not compare with those recorded before"))
	return nil
}

// encodeSecrets returns the file's content: a hash, then days and secrets.
func encodeSecrets(kept map[privacy.Day][privacy.SecretSize]byte) []byte {
	data := make([]byte, sha256.Size)
	for _, day := range slices.Sorted(maps.Keys(kept)) {
		secret := kept[day]
		data = binary.BigEndian.AppendUint32(data, uint32(day))
		data = append(data, secret[:]...)
	}
	sum := sha256.Sum256(data[sha256.Size:])
	copy(data, sum[:])
	return data
}

func decodeSecrets(data []byte) (map[privacy.Day][privacy.SecretSize]byte, bool) {
	const size = 4 + privacy.SecretSize
	if len(data) < sha256.Size || (len(data)-sha256.Size)%size != 0 || sha256.Sum256(data[sha256.Size:]) != [sha256.Size]byte(data) {
		return nil, false
	}
	kept := map[privacy.Day][privacy.SecretSize]byte{}
	for one := range slices.Chunk(data[sha256.Size:], size) {
		kept[privacy.Day(int32(binary.BigEndian.Uint32(one)))] = [privacy.SecretSize]byte(one[4:])
	}
	return kept, true
}
