package standalone

import (
	"context"
	"time"

	"tacet/infra/apigw"
	"tacet/infra/entry"
)

// bounded gives up on admitting a connection after a while: the key server of
// an application may be slow. The gateway's own timeout is for handlers that
// it calls with JSON, which would cost each handshake more.
type bounded struct {
	entry.Connect
	within time.Duration
}

// InvokeEvent implements gateway.EventHandler.
func (b bounded) InvokeEvent(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, b.within)
	defer cancel()
	return b.Connect.InvokeEvent(ctx, e)
}
