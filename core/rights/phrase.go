package rights

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"strconv"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
)

// A phrase is good for nine to ten minutes: the code in it is that of the minute
// in which it was asked for.
const phraseMinutes = 10

// codeLength is in letters. The code proves that somebody has read what will be
// lost, and keeps one page from deleting what another one shows; that he may
// delete it is proven by other means.
const codeLength = 6

// phrases makes the phrases by which one member deletes one account.
type phrases struct {
	account account.ID
	key     []byte
}

func (s *Service) phrases(ctx context.Context, c *account.Caller) (phrases, error) {
	key, err := s.Accounts.Deployment.Hash(ctx, "deletion-phrase", []byte(string(c.Account)+"/"+string(c.Member)))
	return phrases{c.Account, key}, err
}

// at returns the phrase of a minute.
func (p phrases) at(minute int64) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(strconv.FormatInt(minute, 10))) // which never fails
	code := mac.Sum(nil)[:codeLength]
	for i := range code {
		code[i] = 'A' + code[i]%26
	}
	return "delete " + string(p.account) + " " + string(code)
}

// now returns the phrase of now, and when it ends.
func (p phrases) now(now time.Time) (string, time.Time) {
	minute := now.Unix() / 60
	return p.at(minute), time.Unix((minute+phraseMinutes)*60, 0).UTC()
}

// check returns nil if the phrase is one that is good now.
func (p phrases) check(phrase string, now time.Time) error {
	minute := now.Unix() / 60
	good := 0
	for back := range int64(phraseMinutes) {
		good |= subtle.ConstantTimeCompare([]byte(phrase), []byte(p.at(minute-back)))
	}
	if good == 1 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Text: "this is not the phrase, or it has ended: ask for a new one, and repeat it letter by letter"}
}
