package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/fault"
)

// Keys says which keys are to be changed.
type Keys string

// What can be changed.
const (
	DataKeys   Keys = "data"
	MasterKeys Keys = "master"
)

// Rotation is a change of keys.
type Rotation struct {
	Keys Keys `json:"keys" enum:"data,master" doc:"data: every account gets a new key to seal with, and keeps those that open what there is. master: data keys are wrapped with a new one." example:"data"`
	// Since makes it safe to repeat.
	Since time.Time `json:"since,omitzero" doc:"Accounts whose key is not older than this keep it: whoever repeats a request says the same. Without it, all get one."`
}

// Rotated says what a change of keys has come to.
type Rotated struct {
	Changed int `json:"changed" doc:"How many data keys were added, or wrapped anew." example:"12"`
}

type rotatedOutput struct{ Body Rotated }

func (s *server) routeRotation() {
	known(s, operation{
		id: "rotate-keys", method: http.MethodPost, path: "/v1/operator/rotation", tag: "operator",
		summary: "Change keys", text: "For whoever runs a platform on one machine, while it runs: nobody is kept from anything meanwhile. It needs his session.",
		body: Rotation{}, example: Rotation{Keys: DataKeys}, refusals: []int{http.StatusNotFound},
	}, s.rotate)
}

func (s *server) rotate(ctx context.Context, c *call) (*rotatedOutput, error) {
	if s.Rotate == nil {
		return nil, &fault.Error{Kind: fault.NotFound, Text: "keys are not changed here: tacet stack rotate does it for a stack in your AWS account"}
	}
	if err := c.operator(); err != nil {
		return nil, err
	}
	var in Rotation
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Keys != DataKeys && in.Keys != MasterKeys {
		return nil, &fault.Error{Kind: fault.Invalid, Text: "keys is data or master"}
	}
	if in.Since.IsZero() {
		in.Since = s.now()
	}
	n, err := s.Rotate(ctx, in)
	return &rotatedOutput{Rotated{n}}, err
}
