package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/fault"
)

// Link is a one-time link.
type Link struct {
	Link    string    `json:"link" doc:"Where to go with a browser; its secret stands behind sign-in=, in the fragment." example:"http://127.0.0.1:8080/console/#sign-in=J5XGK2DFOJZSA5DJNVSQ"`
	Expires time.Time `json:"expires" doc:"Until when it is good, once."`
}

type linkOutput struct{ Body Link }

func (s *server) routeLinks() {
	known(s, operation{
		id: "make-link", method: http.MethodPost, path: "/v1/links", tag: "sessions", status: http.StatusCreated,
		summary: "Make a one-time link", text: "For whoever runs a platform on one machine: whoever follows the link is signed in as him. It needs his session.",
		refusals: []int{http.StatusNotFound},
	}, s.makeLink)
}

func (s *server) makeLink(_ context.Context, c *call) (*linkOutput, error) {
	if s.NewLink == nil {
		return nil, &fault.Error{Kind: fault.NotFound, Text: "there are no one-time links here: sign in with a browser at " + signInPath}
	}
	if err := c.operator(); err != nil {
		return nil, err
	}
	link, expires := s.NewLink()
	return &linkOutput{Link{link, expires}}, nil
}
