package directory

import (
	"errors"
	"fmt"
	"strings"
)

// errMisuse is what every error about a call that can never work wraps: a
// mistake of ours, and not of a stranger.
var errMisuse = errors.New("the directory is used wrongly")

const (
	maxPartID = 128
	maxName   = 256
)

// Check returns nil if the part can exist.
func (p Part) Check() error {
	switch {
	case p.Kind < 'a' || p.Kind > 'z':
		return fmt.Errorf("%w: a kind of part is a lower-case letter", errMisuse)
	case len(p.ID) == 0 || len(p.ID) > maxPartID || !only(p.ID, "_-"):
		return fmt.Errorf("%w: the id of a part is 1–%d characters of A–Z a–z 0–9 _ -", errMisuse, maxPartID)
	}
	return nil
}

// Check returns nil if a record can lie there.
func (k Key) Check() error {
	if err := k.Part.Check(); err != nil {
		return err
	}
	if k.Name == "" {
		return fmt.Errorf("%w: a name has at least one character", errMisuse)
	}
	return checkName(k.Name)
}

// CheckList returns nil if List can have these arguments. Stores ask before
// they do anything.
func CheckList(p Part, prefix, after string, limit int) error {
	if limit < 1 || limit > MaxPage {
		return fmt.Errorf("%w: a list is of 1–%d records, not %d", errMisuse, MaxPage, limit)
	}
	return errors.Join(p.Check(), checkName(prefix), checkName(after))
}

// CheckChanges returns nil if Apply can have these arguments. Stores ask before
// they do anything.
func CheckChanges(changes []Change) error {
	if len(changes) == 0 || len(changes) > MaxChanges {
		return fmt.Errorf("%w: 1–%d changes are made at a time, not %d", errMisuse, MaxChanges, len(changes))
	}
	seen, size := make(map[Key]bool, len(changes)), 0
	for _, c := range changes {
		if err := c.check(); err != nil {
			return err
		}
		if seen[c.Key] {
			return fmt.Errorf("%w: two changes are about the record %s", errMisuse, c.Key)
		}
		seen[c.Key] = true
		if c.Does == Puts {
			size += len(c.Value)
		}
	}
	if size > MaxBytes {
		return fmt.Errorf("%w: values of %d bytes at a time, and %d is the limit", errMisuse, size, MaxBytes)
	}
	return nil
}

func (c Change) check() error {
	switch {
	case c.Does > Checks || c.If > IfVersion:
		return fmt.Errorf("%w: there is no such change or condition", errMisuse)
	case c.Does == Puts && len(c.Value) > MaxValue:
		return fmt.Errorf("%w: a value of %d bytes, and %d is the limit", errMisuse, len(c.Value), MaxValue)
	}
	return c.Key.Check()
}

func checkName(name string) error {
	if len(name) > maxName || !only(name, "_-./:") {
		return fmt.Errorf("%w: a name is at most %d characters, of A–Z a–z 0–9 and _-./: only", errMisuse, maxName)
	}
	return nil
}

// only reports whether s is letters and digits of ASCII and these others.
func only(s, others string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
