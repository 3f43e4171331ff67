package account

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tacet/core/directory"
)

// check returns the payment details as they are kept, or a fault that says what
// is wrong.
func (p Payment) check() (Payment, error) {
	var err error
	if p.Reference, err = typed("the provider's reference", p.Reference, 255); err != nil {
		return p, err
	}
	if p.Brand, err = typed("the brand of the card", p.Brand, 40); err != nil {
		return p, err
	}
	if strings.ContainsFunc(p.Brand, unicode.IsDigit) {
		return p, invalid("the brand of the card is a name, without digits")
	}
	if p.LastFour != "" && (len(p.LastFour) != 4 || strings.Trim(p.LastFour, "0123456789") != "") {
		return p, invalid("the last four digits of the card are four digits, and no more")
	}
	if p.Expires != "" && !month(p.Expires) {
		return p, invalid("the card's expiry is a year and a month: YYYY-MM")
	}
	return p, nil
}

func month(text string) bool {
	t, err := time.Parse("2006-01", text)
	return err == nil && t.Year() >= 2000 && text == strconv.Itoa(t.Year())+text[4:]
}

// Payment returns payment details, and their version; zero if there are none.
func (c *Caller) Payment(ctx context.Context) (Payment, directory.Version, error) {
	if err := c.Allow(ReadPayment); err != nil {
		return Payment{}, "", err
	}
	record, r, err := read[paymentRecord](ctx, c.s, c.Key(paymentName))
	if errors.Is(err, directory.ErrAbsent) {
		return Payment{}, "", nil
	} else if err != nil {
		return Payment{}, "", err
	}
	p, err := open[Payment](ctx, c, r.Key, record.Payment)
	return p, r.Version, err
}

// SetPayment replaces payment details. v is "" if there were none; AnyVersion
// replaces those there are, or none.
func (c *Caller) SetPayment(ctx context.Context, p Payment, v directory.Version) (directory.Version, error) {
	if err := c.Allow(UpdatePayment); err != nil {
		return "", err
	}
	p, err := p.check()
	if err != nil {
		return "", err
	}
	k := c.Key(paymentName)
	sealed, err := c.Seal(ctx, k, p)
	if err != nil {
		return "", err
	}
	value, err := encode(paymentRecord{sealed})
	if err != nil {
		return "", err
	}
	var version directory.Version
	err = c.retry(ctx, func() error {
		r, err := c.s.get(ctx, k)
		if errors.Is(err, directory.ErrAbsent) {
			r, err = directory.Record{Key: k}, nil
		}
		if err != nil {
			return err
		}
		if v != AnyVersion && v != r.Version {
			return stale()
		}
		version, err = c.Apply(ctx, UpdatePayment, string(c.Account), directory.Replace(r, value))
		return err
	})
	return version, err
}
