package privacy

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"time"

	"github.com/jedisct1/go-ipcrypt"
)

// Anonymiser turns addresses into what may be kept of them.
type Anonymiser struct {
	Secrets DaySecrets // nil will do as long as no application uses Ipcrypt
}

// Anonymise returns what is kept of addr for the application app (its id) at
// now. An empty method is Ipcrypt. The error is that of the DaySecrets; the
// value is then that of None, which is safe to record: callers go on without
// an address rather than refuse service.
func (z Anonymiser) Anonymise(ctx context.Context, addr Addr, app string, method Method, now time.Time) (Anonymised, error) {
	if method == "" {
		method = Ipcrypt
	}
	if method != Ipcrypt && method != Truncate {
		return Anonymised{None, version, ""}, nil
	}
	if !addr.Known() {
		return Anonymised{method, version, unknown}, nil
	}
	kept := network(addr.raw())
	if method == Truncate {
		return Anonymised{Truncate, version, kept.String()}, nil
	}
	value, err := z.encrypt(ctx, kept.Addr(), app, DayOf(now))
	if err != nil {
		return Anonymised{None, version, ""}, err
	}
	return Anonymised{Ipcrypt, version, value}, nil
}

// encrypt is ipcrypt-deterministic (draft-denis-ipcrypt) of a network's first
// address. Its errors cannot hold the address: they come from the secrets.
func (z Anonymiser) encrypt(ctx context.Context, first netip.Addr, app string, day Day) (string, error) {
	if z.Secrets == nil {
		return "", fmt.Errorf("anonymise: %w", ErrNoSecret)
	}
	secret, err := z.Secrets.Secret(ctx, day)
	if err != nil {
		return "", fmt.Errorf("anonymise: day secret: %w", err)
	}
	key, ok := secret.key("ipcrypt", day, app)
	if !ok {
		return "", fmt.Errorf("anonymise: %w", ErrNoSecret)
	}
	raw := first.As16()
	sealed, err := ipcrypt.EncryptIP(key[:ipcrypt.KeySizeDeterministic], raw[:])
	if err != nil {
		return "", fmt.Errorf("anonymise: encryption failed") // cannot happen: lengths are fixed
	}
	return netip.AddrFrom16([16]byte(sealed)).String(), nil
}

// network returns what of an address is kept: /24 of IPv4, /48 of IPv6.
//
// 6to4 (RFC 3056) writes a whole IPv4 address into the first 48 bits, so of
// these as much is kept as of the IPv4 address: /40. Other transition schemes
// put it behind the 48th bit, or no more than 24 bits of it before.
func network(a netip.Addr) netip.Prefix {
	bits := 48
	switch {
	case a.Is4():
		bits = 24
	case a.Is6() && a.As16()[0] == 0x20 && a.As16()[1] == 0x02:
		bits = 40
	}
	p, _ := a.Prefix(bits) // fails only for the zero Addr, whose prefix is invalid
	return p
}

// key derives a key for one purpose, day and application from the secret, and
// reports whether there is a secret. The day goes in although the secret is
// that of a day: should one ever live longer, its days stay unlinkable.
func (s Secret) key(purpose string, day Day, app string) ([sha256.Size]byte, bool) {
	if s.reveal == nil {
		return [sha256.Size]byte{}, false
	}
	secret := s.reveal()
	mac := hmac.New(sha256.New, secret[:])
	fmt.Fprintf(mac, "tacet/%s/%s/%s", purpose, day, app)
	return [sha256.Size]byte(mac.Sum(nil)), true
}
