package standalone

import (
	"context"
	"errors"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/local/gateway"
)

// poster reaches the gateway's connections without the management API. It
// implements pubsub.Poster.
type poster struct{ gateway *gateway.Gateway }

// Post implements pubsub.Poster.
func (p *poster) Post(ctx context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	delivered, gone, failed := gateway.PostTo(ctx, p.gateway, to, f.JSON, f.Binary)
	return pubsub.Posted{Delivered: delivered, Gone: gone, Failed: failed}
}

// Close implements pubsub.Poster.
func (p *poster) Close(_ context.Context, id wire.ConnID, code wire.Code, reason string) error {
	if err := p.gateway.Disconnect(string(id), int(code), reason); !errors.Is(err, gateway.ErrGone) {
		return err
	}
	return nil
}
