package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"tacet/infra/load"
	"tacet/infra/load/peers"
)

// Exit statuses, as those of tacet.
const (
	done   = 0
	failed = 1
	misuse = 2
)

// options are what the flags say.
type options struct {
	tacet, peers, url, token string
	sizes                    string
	rounds                   int
	quick, json              bool
}

// bench parses the flags, runs, and writes the report to out, all else to log. It returns the exit status.
func bench(ctx context.Context, arguments []string, out, log io.Writer) int {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&o.tacet, "tacet", "", "measure this binary of tacet, started as `BINARY` run --memory")
	flags.StringVar(&o.peers, "peers", "", "measure Bun and NATS from the `FOLDER` that install.sh filled")
	flags.StringVar(&o.url, "url", "", "measure the Tacet that serves at this `URL`, instead of starting servers")
	flags.StringVar(&o.token, "token", "", "`TOKEN` for -url; without it the environment's TACET_TOKEN")
	flags.StringVar(&o.sizes, "sizes", "1,100,1000,5000", "numbers of subscribers")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds over all servers; medians are reported")
	flags.BoolVar(&o.quick, "quick", false, "one round")
	flags.BoolVar(&o.json, "json", false, "write the report as JSON")
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		return done
	case err != nil:
		return misuse
	}
	plan, err := o.plan()
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("nothing is expected behind the flags: %q", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(log, "bench:", err)
		return misuse
	}
	report, failure := load.Run(ctx, plan, load.Lines(log, isTerminal(log)))
	if len(report.Rows) > 0 {
		failure = errors.Join(failure, write(out, &report, o.json))
	}
	if failure != nil {
		fmt.Fprintln(log, "bench:", failure)
		return failed
	}
	return done
}

// plan makes of the flags what is to be measured.
func (o *options) plan() (load.Plan, error) {
	plan := load.Plan{Rounds: o.rounds}
	if o.quick {
		plan.Rounds = 1
	}
	for size := range strings.SplitSeq(o.sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil || n < 1 {
			return plan, fmt.Errorf("-sizes: %q is no number of subscribers", size)
		}
		plan.Sizes = append(plan.Sizes, n)
	}
	if o.url != "" {
		if o.tacet != "" || o.peers != "" {
			return plan, errors.New("-url measures alone, without -tacet and -peers")
		}
		token := o.token
		if token == "" {
			token = os.Getenv("TACET_TOKEN") // out of sight of ps
		}
		plan.Targets = append(plan.Targets, load.Endpoint(o.url, func(int) string { return token }))
	}
	if o.tacet != "" {
		plan.Targets = append(plan.Targets, peers.Tacet(o.tacet))
	}
	if o.peers != "" {
		plan.Targets = append(plan.Targets, peers.Bun(o.peers), peers.NATS(o.peers))
	}
	if len(plan.Targets) == 0 {
		return plan, errors.New("say what to measure: -tacet, -peers or -url")
	}
	return plan, nil
}

// write writes the report; for a person with a histogram of the first target at each size.
func write(out io.Writer, report *load.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(report)
	}
	if err := report.Table(out); err != nil {
		return err
	}
	for _, histogram := range report.Histograms {
		if histogram.Target != report.Targets[0] {
			continue
		}
		fmt.Fprintln(out)
		if err := histogram.Draw(out); err != nil {
			return err
		}
	}
	return nil
}

// isTerminal reports whether w is a terminal, or at least a character device.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
