package scenario

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	counter  = regexp.MustCompile(`\$n\b`)
	variable = regexp.MustCompile(`\$(x|deep|bytes)\(([^)]*)\)|\$([A-Za-z][A-Za-z0-9]*(?:\.id)?)`)
)

// expand returns text with its variables replaced; see the package comment.
func (p *player) expand(text string) (string, error) {
	var wrong error
	text = counter.ReplaceAllString(text, strconv.Itoa(p.count))
	text = variable.ReplaceAllStringFunc(text, func(found string) string {
		part := variable.FindStringSubmatch(found)
		value, err := p.value(part[1], part[2], part[3])
		if err != nil && wrong == nil {
			wrong = err
		}
		return value
	})
	return text, wrong
}

func (p *player) value(function, argument, name string) (string, error) {
	if name == "any" {
		return "$any", nil
	}
	if name == "app" {
		return string(p.place.App.ID), nil
	}
	if function == "bytes" {
		b, err := hex.DecodeString(argument)
		return string(b), err
	}
	if function != "" {
		n, err := strconv.Atoi(argument)
		if err != nil || n < 0 {
			return "", fmt.Errorf("$%s(%s) needs a number", function, argument)
		}
		if function == "deep" {
			return strings.Repeat("[", n) + strings.Repeat("]", n), nil
		}
		return strings.Repeat("x", n), nil
	}
	who, id := strings.CutSuffix(name, ".id")
	if !id {
		return p.subject(who), nil
	}
	someone, err := p.person(who)
	if err != nil {
		return "", err
	}
	if someone.id == "" {
		return "", fmt.Errorf("%s has not been welcomed, so nobody knows the id", who)
	}
	return someone.id, nil
}
