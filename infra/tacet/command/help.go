package command

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// help prints what kong prints, and an example of the command.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	node := ctx.Selected()
	if node == nil {
		_, err := fmt.Fprint(ctx.Stdout, overview)
		return err
	}
	if e, ok := node.Target.Addr().Interface().(interface{ example() string }); ok {
		_, err := fmt.Fprintf(ctx.Stdout, "\nExample:\n%s", e.example())
		return err
	}
	return nil
}

const overview = `
Example, in three terminals:
  tacet run
  tacet subscribe chat
  tacet publish chat '{"hello":"world"}'

Every flag can be given as an environment variable: --log-level as TACET_LOG_LEVEL.
What a program reads goes to standard output, what a person reads to standard error.
Exit status: 0 done, 1 failed, 2 used wrongly.
`
