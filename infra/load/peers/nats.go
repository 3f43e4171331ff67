package peers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"tacet/infra/load"
	"tacet/infra/load/swarm"
)

// natsConfig opens a WebSocket listener on a port that the system chooses. All else is as delivered.
const natsConfig = `
listen: "127.0.0.1:-1"
websocket {
  listen: "127.0.0.1:-1"
  no_tls: true
}
`

// NATS is a NATS server with its WebSocket listener, from the folder that install.sh filled.
func NATS(folder string) load.Target {
	return load.Target{Name: "nats", Dialect: swarm.NATS{}, Start: func(ctx context.Context) (load.Server, error) {
		scratch, err := os.MkdirTemp("", "tacet-nats-*")
		if err != nil {
			return load.Server{}, err
		}
		defer os.RemoveAll(scratch) // the configuration is read by then
		config := filepath.Join(scratch, "nats.conf")
		if err := os.WriteFile(config, []byte(natsConfig), 0o600); err != nil {
			return load.Server{}, err
		}
		var server load.Server
		command := exec.Command(filepath.Join(folder, "bin", "nats-server"), "--config", config)
		return serve(ctx, command, true, &server, func(line string) bool {
			if _, address, found := strings.Cut(line, "websocket clients on "); found {
				server.URL = address
			}
			return server.URL != "" && strings.HasSuffix(line, "Server is ready")
		})
	}}
}
