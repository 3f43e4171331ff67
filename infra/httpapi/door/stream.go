package door

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// patience is for how long a client may take nothing of an answer that is
// streamed.
const patience = time.Minute

// Stream returns an answer of this media type that write writes, however long
// that takes. When it fails before it has written anything, the answer is its
// problem; when it fails later, the connection is cut, so that half an answer
// does not look like a whole one.
func (c *Call) Stream(media string, write func(context.Context, io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		_, w := humago.Unwrap(h)
		s := &stream{w: w, control: http.NewResponseController(w), media: media}
		switch err := write(h.Context(), s); {
		case err == nil && !s.begun:
			s.begin()
		case err == nil:
		case s.begun:
			c.refused = err // for the log
			panic(http.ErrAbortHandler)
		default:
			c.Problem(err).Write(w)
		}
	}}
}

// stream writes to a client that may take long in all, but not at a time.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	media   string
	begun   bool
}

func (s *stream) begin() {
	s.begun = true
	s.w.Header().Set("Content-Type", s.media)
	s.w.WriteHeader(http.StatusOK)
}

// Flush sends what was written to an answer of Stream, where that can be done. An
// answer that is sent bit by bit may take longer than requests may.
func Flush(w io.Writer) error {
	s, ok := w.(*stream)
	if !ok {
		return nil
	}
	if !s.begun {
		s.begin()
	}
	_ = s.control.SetReadDeadline(time.Time{}) // else it ends with the time that a request has
	if err := s.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// Write writes some of the answer, and its header before.
func (s *stream) Write(b []byte) (int, error) {
	if !s.begun {
		s.begin()
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(patience)) // where it cannot be set, there is none
	return s.w.Write(b)
}
