package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tacet/infra/load"
	"tacet/infra/load/swarm"
)

// Tacet is the command `tacet run`, as a process of its own that keeps nothing on disk.
func Tacet(binary string) load.Target {
	return load.Target{Name: "tacet", Dialect: swarm.Tacet{}, Start: func(ctx context.Context) (load.Server, error) {
		var server load.Server
		var failure error
		command := exec.Command(binary, "run", "--memory", "--json", "--listen", "127.0.0.1:0")
		server, err := serve(ctx, command, false, &server, func(line string) bool {
			var facts struct {
				WebSocket string `json:"websocket"`
				ClientKey struct {
					Algorithm string `json:"algorithm"`
					Secret    string `json:"secret"`
				} `json:"client_key"`
			}
			if json.Unmarshal([]byte(line), &facts) != nil || facts.WebSocket == "" {
				return false
			}
			server.URL = facts.WebSocket
			server.Token, failure = Tokens(facts.ClientKey.Algorithm, facts.ClientKey.Secret)
			return true
		})
		if err == nil && failure != nil {
			err = failure
			_ = server.Stop()
		}
		return server, err
	}}
}

// Tokens makes a client token for each connection, with a subject of its own, which may subscribe and publish
// everywhere for an hour. The algorithm is HS256, HS384 or HS512, the secret its text as it stands.
func Tokens(algorithm, secret string) (func(connection int) string, error) {
	method, ok := jwt.GetSigningMethod(algorithm).(*jwt.SigningMethodHMAC)
	if !ok {
		return nil, fmt.Errorf("tokens for a bench need an HMAC key, not one of %q", algorithm)
	}
	expires := time.Now().Add(time.Hour).Unix()
	return func(connection int) string {
		token, err := jwt.NewWithClaims(method, jwt.MapClaims{
			"sub": "bench-" + strconv.Itoa(connection), "exp": expires,
			"permissions": []string{"realtime:publisher:write:topic:*", "realtime:subscriber:read:topic:*"},
		}).SignedString([]byte(secret))
		if err != nil {
			return "" // the server will refuse it; an HMAC over a byte slice does not fail
		}
		return token
	}, nil
}
