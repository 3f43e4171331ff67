package account

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// typed returns what somebody has typed without spaces around it, or a fault
// that says what is wrong with it. what begins the sentence: "the name".
func typed(what, text string, most int) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text):
		return "", invalid(what + " must be UTF-8")
	case utf8.RuneCountInString(text) > most:
		return "", invalid(fmt.Sprintf("%s has at most %d characters: shorten it", what, most))
	case strings.ContainsFunc(text, invisible):
		return "", invalid(what + " must have no line breaks, no control characters and none that change the direction of text")
	case cardNumber(text):
		return "", invalid(what + " holds a number as long as that of a card: card numbers must never come here; of a card there are the provider's reference, the brand, the last four digits and the expiry")
	}
	return text, nil
}

// named is typed for a name that must be there.
func named(what, text string) (string, error) {
	text, err := typed(what, text, 100)
	if err == nil && text == "" {
		return "", invalid(what + " is missing: it has 1 to 100 characters")
	}
	return text, err
}

// invisible reports whether a character does something instead of being seen.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// cardNumber reports whether text has 12 digits or more in a row, as the
// shortest cards have, or in groups. Digits that follow a letter begin no group:
// UUIDs would look like cards otherwise.
func cardNumber(text string) bool {
	row, groups, word := 0, 0, false
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			row++
			if !word {
				groups++
			}
		case unicode.IsLetter(r):
			row, groups, word = 0, 0, true
		default:
			row = 0
			if word {
				groups, word = 0, false
			}
		}
		if row >= 12 || groups >= 12 {
			return true
		}
	}
	return false
}

// eMail returns an address as it is kept: the domain in lower case. "" is none.
func eMail(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	at := strings.LastIndexByte(text, '@')
	local, domain := text[:max(at, 0)], text[at+1:]
	bad := func(r rune) bool {
		return unicode.IsSpace(r) || invisible(r) || r == utf8.RuneError || strings.ContainsRune(`<>(),;:"[]\@`, r)
	}
	switch {
	case len(text) > 254:
		return "", invalid("an e-mail address has at most 254 characters")
	case local == "" || domain == "" || len(local) > 64 || strings.ContainsFunc(local, bad) || strings.ContainsFunc(domain, bad) ||
		strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, ".."):
		return "", invalid("this is no e-mail address: it looks like name@example.org")
	}
	return local + "@" + strings.ToLower(domain), nil
}
