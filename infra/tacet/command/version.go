package command

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version prints what this program was built from.
type version struct {
	JSON asJSON `name:"json" help:"Print a JSON object."`
}

func (version) example() string { return "  tacet version\n" }

// Run prints the version.
func (v version) Run(c *console) error {
	built := struct {
		Version  string `json:"version"`
		Revision string `json:"revision,omitempty"`
		Modified bool   `json:"modified,omitempty"`
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		built.Version = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				built.Revision = s.Value
			case "vcs.modified":
				built.Modified = s.Value == "true"
			}
		}
	}
	if v.JSON {
		return c.line(built)
	}
	_, err := fmt.Fprintf(c.out, "tacet %s %s %s\n", built.Version, built.Go, built.Platform)
	return err
}
