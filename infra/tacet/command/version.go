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

// built is what a program was built from.
type built struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// thisBuild returns what this program was built from.
func thisBuild() built {
	b := built{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Revision = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	return b
}

func (b built) String() string { return b.Version + " " + b.Go + " " + b.Platform }

// Run prints the version.
func (v version) Run(c *console) error {
	if v.JSON {
		return c.line(thisBuild())
	}
	_, err := fmt.Fprintf(c.out, "tacet %s\n", thisBuild())
	return err
}
