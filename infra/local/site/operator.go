package site

import (
	"context"
	"log/slog"
	"time"

	"tacet/core/account"
)

// Operator is who runs the platform. Of him nothing is known, and nothing kept
// but that he is that.
var Operator = account.Identity{Issuer: "tacet:local", Subject: "operator", Operator: true}

// StayIn renews the operator's session in the note of a platform, for the
// commands of this machine, whenever that much time has passed, until ctx ends.
func (f Folder) StayIn(ctx context.Context, r Running, accounts *account.Service, every time.Duration, log *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		token, _, err := accounts.SignIn(ctx, Operator)
		if err == nil {
			r.Session = token
			err = f.Note(r)
		}
		if err != nil {
			log.Error("the session in the note of this platform could not be renewed", "error", err)
		}
	}
}
