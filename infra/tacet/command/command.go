// Package command is what the program tacet does: one file for each command.
//
// It promises that what a program reads goes to standard output and what a
// person reads to standard error; that the exit status is 0 when all was done,
// 1 when something failed and 2 when the command was used wrongly; that the
// first interrupt ends a command cleanly and the second at once; and that no
// command prints a token that it was not asked for.
//
// Only Main knows the process: everything else gets what it needs as values.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"tacet/core/fault"
	"tacet/infra/config"
)

// Exit statuses.
const (
	statusDone   = 0
	statusFailed = 1
	statusMisuse = 2
)

// grammar is all that can be typed. Flags and variables are read into it by
// their tags.
type grammar struct {
	Run        run           `cmd:"" help:"Run the whole platform on this machine: WebSockets, HTTP API, stores; in one process, or as on AWS."`
	Gateway    gateway       `cmd:"" help:"Run an API Gateway for the WebSocket API of any SAM or CloudFormation template."`
	Token      token         `cmd:"" help:"Make a token for an application."`
	Subscribe  subscribe     `cmd:"" help:"Print what is published on topics."`
	Publish    publish       `cmd:"" help:"Publish a message on a topic."`
	Live       live          `cmd:"" help:"Show what happens in an application, second by second."`
	Bench      bench         `cmd:"" help:"Measure how fast messages reach their subscribers."`
	Account    accounts      `cmd:"" help:"Accounts: profile, members, access tokens, download and deletion."`
	App        apps          `cmd:"" help:"Applications of an account: create, change, suspend, delete."`
	Key        keys          `cmd:"" help:"Verification keys of an application: create, rotate, revoke."`
	Plan       plans         `cmd:"" help:"Plans: quotas, and how long telemetry is kept."`
	Report     report        `cmd:"" help:"Show what an application's telemetry came to: messages, connections, topics, countries, refusals."`
	Vault      vaultCommand  `cmd:"" help:"Change the keys that what is personal is sealed with."`
	Ledger     ledgerCommand `cmd:"" help:"Show which downloads and deletions were asked for."`
	Backup     backup        `cmd:"" help:"Write everything that the platform of this machine keeps into a file, also while it runs."`
	Restore    restore       `cmd:"" help:"Put what is in a backup into a data folder."`
	Stack      deployedStack `cmd:"" help:"Set up a stack in your AWS account."`
	Doctor     doctors       `cmd:"" help:"Examine this machine, a platform, and what it keeps."`
	Estimate   estimated     `cmd:"" help:"Say what a workload costs on AWS, line by line."`
	Completion completion    `cmd:"" help:"Print a completion script for a shell."`
	Version    version       `cmd:"" help:"Print the version."`
}

// console is the terminal, or what stands in for it.
type console struct {
	program  string // how the command was called, for lines to copy
	in       io.Reader
	out, err io.Writer
}

// say writes a line for a person.
func (c *console) say(format string, arguments ...any) {
	fmt.Fprintf(c.err, format+"\n", arguments...)
}

// line prints one line of JSON, for a program.
func (c *console) line(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false) // links are copied out of it as they stand
	return e.Encode(v)
}

// misuse is an error of whoever typed the command.
type misuse struct{ error }

// misused returns an error of whoever typed the command. Of faults among the
// arguments only what is meant for strangers is shown.
func misused(format string, arguments ...any) error {
	for i, a := range arguments {
		if err, ok := a.(error); ok {
			arguments[i] = public(err)
		}
	}
	return misuse{fmt.Errorf(format, arguments...)}
}

// public returns what of an error is meant for people.
func public(err error) error {
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return errors.New(f.Text)
	}
	return err
}

// exits is how kong's own ways out (--help) get back to Main.
type exits int

// Main runs the command with its arguments, the program's name first, and
// returns the exit status.
func Main(arguments []string, in io.Reader, out, err io.Writer) (status int) {
	c := &console{program: called(arguments[0]), in: in, out: out, err: err}
	defer func() {
		if v := recover(); v != nil {
			code, ok := v.(exits)
			if !ok {
				panic(v)
			}
			status = int(code)
		}
	}()
	var g grammar
	parser, failure := newParser(&g, c)
	if failure != nil {
		return c.failed(failure, nil)
	}
	arguments = usual(arguments[1:])
	parsed, failure := parser.Parse(arguments)
	if failure != nil {
		return c.misunderstood(parser, arguments, failure)
	}

	signalled, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// From the first signal on the next one does what it always does: it ends
	// the process. That is so before the command hears of the first: who sends
	// the second when told of the end must not be kept waiting.
	context.AfterFunc(signalled, func() { stop(); cancel() })
	parsed.BindTo(ctx, (*context.Context)(nil))
	return c.failed(parsed.Run(c), parsed.Selected())
}

// usual puts what people try with any program in the words of the grammar.
func usual(arguments []string) []string {
	switch {
	case len(arguments) == 0:
		return nil
	case arguments[0] == "help":
		return append(slices.Clone(arguments[1:]), "--help")
	case arguments[0] == "--version":
		return append([]string{"version"}, arguments[1:]...)
	}
	return arguments
}

func newParser(g *grammar, c *console) (*kong.Kong, error) {
	data := config.UserData(runtime.GOOS, os.Getenv)
	if data == "" {
		data = "must be said, because the environment names no home"
	}
	return kong.New(g,
		kong.Name("tacet"),
		kong.Description("Realtime publish/subscribe that keeps silent about what it carries."),
		kong.Vars{"data": data, "plans": config.Plans(), "roles": roles()},
		kong.DefaultEnvars("TACET"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Help(help),
		kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { panic(exits(code)) }),
	)
}

// misunderstood tells what was typed wrongly, and returns the exit status.
func (c *console) misunderstood(parser *kong.Kong, arguments []string, err error) int {
	var selected *kong.Node
	var at *kong.ParseError
	if errors.As(err, &at) && at.Context != nil {
		selected = at.Context.Selected()
	}
	text := withoutValues(err.Error())
	switch {
	case selected != nil: // kong puts the command before what its Validate says
		text = strings.TrimPrefix(text, selected.Path()+": ")
	case len(arguments) == 0:
		text = "say what to do: " + names(parser)
	case !strings.HasPrefix(arguments[0], "-"):
		text = fmt.Sprintf("there is no command %s; there are %s", printable(arguments[0]), names(parser))
	}
	return c.failed(misuse{errors.New(text)}, selected)
}

// names lists the commands, or the first words of those that have several.
func names(parser *kong.Kong) string {
	var all []string
	for _, node := range parser.Model.Children {
		if !node.Hidden {
			all = append(all, node.Name)
		}
	}
	return strings.Join(all, ", ")
}

// failed tells what went wrong, if anything, and returns the exit status. The
// command may be nil.
func (c *console) failed(err error, command *kong.Node) int {
	var wrong misuse
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &wrong):
		path := "tacet"
		if command != nil {
			path = command.FullPath()
		}
		c.say("tacet: %v", err)
		c.say("Try: %s --help", path)
		return statusMisuse
	default:
		c.say("tacet: %v", err)
		return statusFailed
	}
}

const goRun = "go run ./infra/tacet"

// called returns how to call this program again from the same folder.
func called(name string) string {
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, "go-build") && strings.HasSuffix(exe, "/exe/tacet") {
		return goRun // it removes the program when that ends
	}
	return quote(name)
}
