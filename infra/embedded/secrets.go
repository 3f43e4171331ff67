package embedded

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"tacet/core/privacy"
)

// Secrets makes, keeps and destroys the secrets of days; it implements
// privacy.DaySecrets.
//
// They rest in a small file of their own; see erasable for what that
// guarantees. At the end of a day's grace its secret is taken out, with the
// first call after it, or within a minute, whatever comes first.
type Secrets struct {
	file    *erasable // without a folder they are in memory only
	now     func() time.Time
	trouble func(string, error)

	mu     sync.RWMutex
	kept   map[privacy.Day][privacy.SecretSize]byte // all of them in the file
	dirty  bool                                     // which holds something else too
	failed time.Time                                // when destroying did last
}

// grace is for how long before and after its day a secret can be had.
const grace = time.Hour

func openSecrets(folder string, now func() time.Time, trouble func(string, error)) (*Secrets, error) {
	s := &Secrets{file: &erasable{folder: folder, name: "secrets"}, now: now, trouble: trouble, kept: map[privacy.Day][privacy.SecretSize]byte{}}
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

// save replaces the file if it holds something else.
func (s *Secrets) save() error {
	if s.dirty && s.file.folder != "" {
		if err := s.file.replace(encodeSecrets(s.kept)); err != nil {
			return err
		}
	}
	s.dirty = false
	return nil
}

// recover reads the file.
func (s *Secrets) recover() error {
	data, err := s.file.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil && !errors.Is(err, errDamaged):
		return err
	}
	if kept, ok := decodeSecrets(data); ok && err == nil {
		s.kept = kept
		return nil
	}
	// It cannot be had again, so the day gets another: values of one day then
	// no longer compare, which harms nobody's privacy.
	s.trouble("read the secrets of days", errors.New("the file is damaged: today's addresses will not compare with those recorded before"))
	return nil
}

// encodeSecrets returns the file's content: days and secrets.
func encodeSecrets(kept map[privacy.Day][privacy.SecretSize]byte) []byte {
	var data []byte
	for _, day := range slices.Sorted(maps.Keys(kept)) {
		secret := kept[day]
		data = binary.BigEndian.AppendUint32(data, uint32(day))
		data = append(data, secret[:]...)
	}
	return data
}

func decodeSecrets(data []byte) (map[privacy.Day][privacy.SecretSize]byte, bool) {
	const size = 4 + privacy.SecretSize
	if len(data)%size != 0 {
		return nil, false
	}
	kept := map[privacy.Day][privacy.SecretSize]byte{}
	for one := range slices.Chunk(data, size) {
		kept[privacy.Day(int32(binary.BigEndian.Uint32(one)))] = [privacy.SecretSize]byte(one[4:])
	}
	return kept, true
}
