package peers

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"tacet/infra/load"
	"tacet/infra/load/swarm"
)

//go:embed bun.js
var bunScript []byte

// Bun is Bun with a script of a few lines around its native publish, from the folder that install.sh filled.
func Bun(folder string) load.Target {
	return load.Target{Name: "bun", Dialect: swarm.Bun{}, Start: func(ctx context.Context) (load.Server, error) {
		scratch, err := os.MkdirTemp("", "tacet-bun-*")
		if err != nil {
			return load.Server{}, err
		}
		defer os.RemoveAll(scratch) // the script is read by then
		script := filepath.Join(scratch, "bun.js")
		if err := os.WriteFile(script, bunScript, 0o600); err != nil {
			return load.Server{}, err
		}
		var server load.Server
		command := exec.Command(filepath.Join(folder, "bin", "bun"), "run", script)
		command.Env = append(os.Environ(), "DO_NOT_TRACK=1")
		return serve(ctx, command, false, &server, func(line string) bool {
			server.URL = line
			return strings.HasPrefix(line, "ws://")
		})
	}}
}
