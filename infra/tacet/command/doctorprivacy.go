package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"tacet/infra/canary"
	"tacet/infra/canary/doctor"
	"tacet/infra/canary/paths"
)

// doctorPrivacy examines whether a platform keeps what it must not keep.
type doctorPrivacy struct {
	AWS     bool          `name:"aws" help:"Examine the platform in the shape that it has on AWS (tacet run --aws), with its tables and their streams in DynamoDB Local. Needs what that needs."`
	Plant   bool          `help:"Test the doctor: put a marker into each kind of place first, and expect each of them to be found, and nothing else."`
	Keep    bool          `help:"Leave the folder in which everything was done, and say where it is."`
	Timeout time.Duration `default:"5m" help:"Give up after so long."`
	JSON    asJSON        `name:"json" help:"Print the report as a JSON object."`
}

func (doctorPrivacy) example() string {
	return `  tacet doctor privacy
  tacet doctor privacy --plant
  tacet doctor privacy --aws --json

It runs a platform of its own in a temporary folder. As payloads, tokens,
addresses, User-Agents, e-mail addresses and more it sends markers that nobody
could guess, on every path that there is; it stops the platform, kills it and
makes it crash. Then it looks for the markers, in all encodings, in everything
that is left: files, decrypted stores, opened seals, logs at the level debug,
crash output, core and temporary files, traces, metrics, backups, downloads.

Exit status 1 says that something was found, or that the examination was blind.
`
}

// Run examines.
func (d doctorPrivacy) Run(ctx context.Context, c *console) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("this program does not find itself: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.Timeout, errors.New("it took longer than --timeout says"))
	defer cancel()
	began := time.Now()
	report, err := doctor.Examine(ctx, doctor.Options{
		Program: program, AWS: d.AWS, Plant: d.Plant, Keep: d.Keep,
		Tell: func(step string) { c.say("%5.1fs  %s", time.Since(began).Seconds(), step) },
	})
	if report == nil {
		return err
	}
	if d.JSON {
		err = errors.Join(err, c.line(report))
	} else {
		c.examined(report)
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the examination was given up: %w", context.Cause(ctx))
	case err != nil:
		return err
	case len(report.Found) > 0:
		return fmt.Errorf("%s found where nothing may be", count(int64(len(report.Found)), "marker was", "markers were"))
	case !report.Healthy:
		return errors.New("the examination may have been blind, so it says nothing: see the problems above")
	}
	return nil
}

// examined prints a report for people.
func (c *console) examined(r *doctor.Report) {
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "SENT\tTIMES\tOUTCOME\n")
	for _, s := range r.Sent {
		fmt.Fprintf(w, "%s\t%d\t%s\n", s.Path, s.Times, printable(outcomeOf(s)))
	}
	fmt.Fprintf(w, "\t\t\nSEARCHED\tPLACES\tBYTES\n")
	for _, t := range r.Searched {
		size := humanize.IBytes(uint64(t.Bytes))
		if t.Note != "" {
			size += "  (" + t.Note + ")"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\n", t.Sort, t.Places, size)
	}
	if len(r.Planted) > 0 {
		fmt.Fprintf(w, "\t\t\nPLANTED IN\tAS\tFOUND\n")
		for _, p := range r.Planted {
			fmt.Fprintf(w, "%s\t%s\t%s\n", p.In, p.As, map[bool]string{true: "yes", false: "NO"}[p.Found])
		}
	}
	_ = w.Flush() // a person who has gone away is told nothing
	c.declared(r)
	c.inMemory(r.Memory)
	for _, h := range r.Found {
		c.hit(h)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(c.out, "\nPROBLEM  %s\n", printable(p))
	}
	fmt.Fprintf(c.out, "\n%s\n", verdict(r))
	if r.Folder != "" {
		fmt.Fprintf(c.out, "Everything lies in %s: look at it, and remove it.\n", r.Folder)
	}
}

func outcomeOf(s paths.Sent) string {
	switch {
	case s.Failed != "":
		return "NOT AS MEANT: " + s.Failed
	case s.Skipped != "":
		return "left out: " + s.Skipped
	}
	return "as meant"
}

// declared says what was found where it may be.
func (c *console) declared(r *doctor.Report) {
	if len(r.Declared) == 0 {
		return
	}
	reasons := map[string]map[canary.Role]int{}
	for _, h := range r.Declared {
		key := h.Sort + ": " + h.Declared
		if reasons[key] == nil {
			reasons[key] = map[canary.Role]int{}
		}
		reasons[key][h.Role]++
	}
	fmt.Fprintln(c.out, "\nFOUND WHERE IT MAY BE")
	for key, roles := range reasons {
		var names []string
		for role := range roles {
			names = append(names, string(role))
		}
		fmt.Fprintf(c.out, "  %s\n    %s\n", strings.Join(names, ", "), key)
	}
}

// inMemory says what the running process had in its memory.
func (c *console) inMemory(m doctor.Memory) {
	if m.Note != "" {
		fmt.Fprintf(c.out, "\nMEMORY OF THE PROCESS  not searched: %s\n", m.Note)
		return
	}
	var names []string
	for _, h := range m.Hits {
		names = append(names, string(h.Role))
	}
	what := "none of the markers"
	if len(names) > 0 {
		what = strings.Join(names, ", ")
	}
	fmt.Fprintf(c.out, "\nMEMORY OF THE PROCESS  %s searched while it ran, after everything was sent; still there: %s.\n"+
		"  That is no fault: what passes is in memory, and its bytes are until something takes their place. It says why core files and swap matter.\n",
		humanize.IBytes(uint64(m.Bytes)), what)
}

// hit says where a marker was found, but not what stands around it.
func (c *console) hit(h canary.Hit) {
	inside := ""
	if len(h.Layers) > 0 {
		inside = ", inside " + strings.Join(h.Layers, ", inside ")
	}
	fmt.Fprintf(c.out, "\nFOUND  %s\n  as      %s%s\n  in      %s: %s\n  at      byte %d, %s in all\n", h.Role, h.Form, inside, h.Sort, printable(h.Name), h.Offset, count(int64(h.Times), "time"))
	if h.Look != "" {
		fmt.Fprintf(c.out, "  look    %s\n", printable(strings.ReplaceAll(h.Look, "OFFSET", fmt.Sprint(h.Offset+1))))
	}
}

// verdict is the last word.
func verdict(r *doctor.Report) string {
	times := 0
	for _, s := range r.Sent {
		times += s.Times
	}
	bytes, places := int64(0), 0
	for _, t := range r.Searched {
		bytes, places = bytes+t.Bytes, places+t.Places
	}
	text := fmt.Sprintf("%s sent on %s; %s in %s searched; it took %.0f seconds. ", count(int64(times), "request, frame or connection", "requests, frames and connections"),
		count(int64(len(r.Sent)), "path"), humanize.IBytes(uint64(bytes)), count(int64(places), "place"), r.Seconds)
	switch {
	case r.Plant && r.Healthy:
		return text + fmt.Sprintf("This was a test of the doctor: all %s that were planted were found, and nothing else.", count(int64(len(r.Planted)), "marker"))
	case r.Plant:
		return text + "This was a test of the doctor, and it has failed."
	case len(r.Found) > 0:
		return text + fmt.Sprintf("NOT HEALTHY: %s found where nothing may be.", count(int64(len(r.Found)), "marker was", "markers were"))
	case !r.Healthy:
		return text + "NO VERDICT: the examination may have been blind."
	}
	return text + "Nothing was found that may not be there."
}
