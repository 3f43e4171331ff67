package command

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// asJSON is the flag --json.
//
// Test suites of clients are given the line that `tacet run --json` prints in
// a variable TACET_JSON, which is the flag's, too. Such a value is not meant
// for us.
type asJSON bool

// IsBool lets the flag stand without a value.
func (asJSON) IsBool() bool { return true }

// Decode implements kong.MapperValue.
func (j *asJSON) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken { // neither =VALUE nor a variable
		*j = true
		return nil
	}
	text := fmt.Sprint(ctx.Scan.Pop().Value)
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("want true or false")
	}
	*j = asJSON(on)
	return nil
}

// fromVariable is what kong says of a variable that it could not read.
var fromVariable = regexp.MustCompile(`(?s)^(--[a-z-]+): .*\(from envar (TACET_[A-Z_]+)=.*$`)

// withoutValues returns what kong says, but not the values of variables: a
// token may have got into one of them.
func withoutValues(text string) string {
	return fromVariable.ReplaceAllString(text, "the variable $2 holds nothing that $1 can be")
}
