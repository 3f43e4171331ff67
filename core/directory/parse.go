package directory

import (
	"fmt"
	"strings"
)

// ParseKey returns the key whose String is s, or an error if there is none: a
// record that names others holds their keys like that.
func ParseKey(s string) (Key, error) {
	kind, rest, _ := strings.Cut(s, "#")
	id, name, _ := strings.Cut(rest, "#")
	if len(kind) != 1 {
		return Key{}, fmt.Errorf("%w: no key is written %q", errMisuse, s)
	}
	k := Key{Part: Part{Kind: Kind(kind[0]), ID: id}, Name: name}
	return k, k.Check()
}
