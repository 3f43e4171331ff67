package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"tacet/infra/checkup"
	"tacet/infra/config"
)

// doctors is the commands that examine something.
type doctors struct {
	Machine doctorMachine `cmd:"" default:"withargs" help:"Look whether this machine is fit to run a platform, and whether one that runs is well."`
	Privacy doctorPrivacy `cmd:"" help:"Send markers through a platform on every path, and look for them in all that it keeps."`
}

func (doctors) example() string {
	return `  tacet doctor
  tacet doctor privacy
`
}

// doctorMachine examines a machine.
type doctorMachine struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the platform is to listen."`
	Data   string `type:"path" placeholder:"DIR" help:"Data folder of the platform. Default: ${data}."`
	AWS    bool   `name:"aws" help:"Look for what tacet run --aws needs, too."`
	URL    string `name:"url" placeholder:"URL" help:"Ask a platform that runs how it is, instead: https://HOST."`
	JSON   asJSON `name:"json" help:"Print a line of JSON for each finding."`
}

func (doctorMachine) example() string {
	return `  tacet doctor
  tacet doctor --aws
  tacet doctor --url https://realtime.example.org
  tacet doctor machine --data .tacet

Exit status 1 says that something has to be done first.
`
}

// Run examines.
func (d doctorMachine) Run(ctx context.Context, c *console) error {
	all := []checkup.Finding{{What: "tacet", State: checkup.Good, Is: thisBuild().String()}}
	if d.URL != "" {
		base, err := base(d.URL)
		if err != nil {
			return err
		}
		all = append(all, checkup.Platform(ctx, client(nil), base, time.Now)...)
	} else {
		if d.Data == "" {
			d.Data = config.UserData(runtime.GOOS, os.Getenv)
		}
		all = append(all, checkup.Machine(d.Listen, d.Data, time.Now())...)
	}
	if d.AWS {
		all = append(all, checkup.AWS(ctx, ".")...)
	}
	for _, f := range all {
		if d.JSON {
			if err := c.line(f); err != nil {
				return err
			}
			continue
		}
		sign := map[checkup.State]string{checkup.Good: "ok", checkup.Note: "note", checkup.Bad: "BAD"}[f.State]
		fmt.Fprintf(c.out, "%-5s %-22s %s\n", sign, f.What, printable(f.Is))
		if f.Do != "" {
			fmt.Fprintf(c.out, "%28s → %s\n", "", printable(f.Do))
		}
	}
	if !checkup.Healthy(all) {
		return errors.New("something has to be done first: see BAD above")
	}
	if !d.JSON {
		c.say("All is well%s.", strings.Repeat(": notes are worth a look", min(1, notes(all))))
	}
	return nil
}

func notes(all []checkup.Finding) (n int) {
	for _, f := range all {
		if f.State == checkup.Note {
			n++
		}
	}
	return n
}
