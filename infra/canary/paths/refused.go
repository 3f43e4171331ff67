package paths

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"tacet/core/grant"
	"tacet/core/wire"
	"tacet/infra/canary"
)

func (s *Sender) badFrames(ctx context.Context) error {
	payload := s.m(canary.Payload)
	for _, f := range []struct {
		name string
		kind websocket.MessageType
		text []byte
	}{
		{"not JSON", websocket.MessageText, []byte(`{"type":"publish","data":{"topic":"` + room + `","payload":"` + payload)},
		{"no JSON at all", websocket.MessageText, []byte(payload)},
		{"not UTF-8", websocket.MessageText, []byte("{\"type\":\"publish\",\"data\":{\"payload\":\"" + payload + "\xff\xfe\"}}")},
		{"unknown type", websocket.MessageText, []byte(`{"type":"` + s.m(canary.Kind) + `","data":{"payload":"` + payload + `"}}`)},
		{"wrong field", websocket.MessageText, []byte(`{"type":"publish","data":{"topic":{"` + payload + `":1},"payload":"` + payload + `"}}`)},
		{"too large", websocket.MessageText, []byte(`{"type":"publish","data":{"topic":"` + room + `","payload":"` + strings.Repeat(payload, wire.MaxMessage/len(payload)+1) + `"}}`)},
		{"binary", websocket.MessageBinary, []byte("\x00\x01" + payload)},
	} {
		c, err := s.client(ctx)
		if err != nil {
			return err
		}
		s.once()
		// Each host refuses in its way: by a frame, by the end, or by the end in
		// the middle of what is too large, which then is all that is heard of it.
		if err := c.Write(ctx, f.kind, f.text); err != nil && ctx.Err() == nil {
			c.CloseNow()
			continue
		}
		_, err = c.until(ctx, `"error"`)
		if err != nil && websocket.CloseStatus(err) <= 0 && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: it was not refused: %w", f.name, err)
		}
		c.CloseNow()
	}
	return nil
}

func (s *Sender) badTopics(ctx context.Context) error {
	token, err := s.token(s.Client, claims{permissions: []string{grant.Write("allowed"), grant.Read("allowed")}})
	if err != nil {
		return err
	}
	if s.Client.Token != "" {
		return errSkip("it takes a token with few permissions, and the key is not known")
	}
	for _, topic := range []string{"secure/" + s.m(canary.PrivTopic), "priv/" + s.m(canary.PrivTopic), "tacet/" + s.m(canary.PrivTopic), s.m(canary.PrivTopic) + " no name"} {
		for _, verb := range []string{"subscribe", "publish"} {
			c, err := s.connect(ctx, dialled{token: token})
			if err != nil {
				return err
			}
			s.once()
			if err := c.Write(ctx, websocket.MessageText, frame(verb, s.publication(topic))); err != nil {
				return err
			}
			if _, err := c.until(ctx, `"error"`); err != nil && websocket.CloseStatus(err) <= 0 && !errors.Is(err, io.EOF) {
				return fmt.Errorf("%s was not refused: %w", verb, err)
			}
			c.CloseNow()
		}
	}
	return nil
}

func (s *Sender) badTokens(ctx context.Context) error {
	const nobody = "00000000000000000000000000000000"
	good, err := s.token(s.Client, claims{})
	if err != nil {
		return err
	}
	wrong, err := s.token(Signer{Secret: grant.NewSecret(s.m(canary.Claim) + s.m(canary.Claim))}, claims{})
	if err != nil {
		return err
	}
	expired, err := s.token(Signer{Secret: s.Client.Secret, Token: ""}, claims{expires: -time.Hour})
	if err != nil {
		return err
	}
	all := []error{
		s.refused(ctx, dialled{token: wrong}, http.StatusUnauthorized, http.StatusForbidden),
		s.refused(ctx, dialled{token: expired}, http.StatusUnauthorized),
		s.refused(ctx, dialled{token: expired, offered: true}, http.StatusUnauthorized),
		s.refused(ctx, dialled{token: s.m(canary.Claim)}, http.StatusUnauthorized),
		s.refused(ctx, dialled{token: ""}, http.StatusUnauthorized),
		s.refused(ctx, dialled{token: good, app: nobody}, http.StatusUnauthorized, http.StatusForbidden),
		s.refused(ctx, dialled{token: good, app: s.m(canary.Path)}, http.StatusBadRequest),
	}
	if s.made.blind != nil {
		all = append(all, s.refused(ctx, dialled{token: good, app: s.made.blind.id}, http.StatusUnauthorized, http.StatusForbidden))
	}
	return errors.Join(all...)
}
