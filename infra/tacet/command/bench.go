package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"tacet/infra/load"
	"tacet/infra/load/peers"
)

// bench measures this program, or a platform that runs already.
type bench struct {
	URL    string `name:"url" placeholder:"URL" help:"Measure the platform that serves at this address, as wss://HOST/apps/APP, instead of starting one here."`
	Token  string `placeholder:"JWT" help:"Token for --url, for all connections. It is safer in TACET_TOKEN, where no list of processes shows it."`
	Peers  string `type:"path" placeholder:"DIR" help:"Measure Bun and NATS beside it, from the folder that infra/load/peers/install.sh has filled."`
	Sizes  []int  `default:"1,100,1000,5000" placeholder:"N,…" help:"Numbers of subscribers."`
	Rounds int    `default:"3" help:"Rounds over all servers; medians are reported."`
	Quick  bool   `help:"One round."`
	JSON   asJSON `name:"json" help:"Print the report as a JSON object."`
}

func (bench) example() string {
	return `  tacet bench --quick
  tacet bench --url wss://realtime.example.org/apps/APP --sizes 1,100

At --url all connections have one token, so one subject; and plans limit how
many connections a subject may have; only the plan unlimited does not.
`
}

// Run measures and prints the report.
func (b bench) Run(ctx context.Context, c *console) error {
	plan := load.Plan{Sizes: b.Sizes, Rounds: b.Rounds}
	if b.Quick {
		plan.Rounds = 1
	}
	for _, n := range b.Sizes {
		if n < 1 {
			return misused("--sizes: a number of subscribers begins at 1")
		}
	}
	if plan.Rounds < 1 {
		return misused("--rounds begins at 1")
	}
	var err error
	if plan.Targets, err = b.targets(ctx); err != nil {
		return err
	}
	report, failure := load.Run(ctx, plan, load.Lines(c.err, isTerminal(c.err)))
	return errors.Join(failure, b.print(c.out, &report))
}

func (b bench) targets(ctx context.Context) ([]load.Target, error) {
	if b.URL != "" {
		if b.Peers != "" {
			return nil, misused("--url measures alone, without --peers: they would run on another machine")
		}
		e, err := b.reached(ctx)
		if err != nil {
			return nil, err
		}
		return []load.Target{load.Endpoint(e.websocket.String(), func(int) string { return b.Token })}, nil
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start it: %w", err)
	}
	targets := []load.Target{peers.Tacet(program)}
	if b.Peers != "" {
		for _, peer := range []string{"bun", "nats-server"} {
			if _, err := exec.LookPath(filepath.Join(b.Peers, "bin", peer)); err != nil {
				return nil, fmt.Errorf("--peers: there is no bin/%s in %s: infra/load/peers/install.sh %[2]s puts it there", peer, quote(b.Peers))
			}
		}
		targets = append(targets, peers.Bun(b.Peers), peers.NATS(b.Peers))
	}
	return targets, nil
}

// reached returns the platform at --url once a connection to it has worked:
// what is wrong with an address or a token is said before anything is measured.
func (b bench) reached(ctx context.Context) (endpoint, error) {
	e, err := target{URL: b.URL, Token: b.Token}.elsewhere()
	if err != nil {
		return e, err
	}
	s, err := e.open(ctx)
	if err != nil {
		return e, err
	}
	s.close()
	return e, nil
}

// print writes the report; for a person with a histogram of the first target
// at each size. Where nothing was measured there is nothing to print: what
// failed says so.
func (b bench) print(w io.Writer, report *load.Report) error {
	switch {
	case len(report.Rows) == 0:
		return nil
	case bool(b.JSON):
		return json.NewEncoder(w).Encode(report)
	}
	if err := report.Table(w); err != nil {
		return err
	}
	for _, h := range report.Histograms {
		if h.Target != report.Targets[0] {
			continue
		}
		fmt.Fprintln(w)
		if err := h.Draw(w); err != nil {
			return err
		}
	}
	return nil
}
