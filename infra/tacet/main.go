// Tacet is the command of the platform: it runs it on this machine, makes
// tokens for it, talks to it, and measures it. `tacet --help` is the manual.
package main

import (
	"os"

	"tacet/infra/tacet/command"
)

func main() { os.Exit(command.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
