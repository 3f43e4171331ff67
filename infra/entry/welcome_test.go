package entry_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tacet/infra/entry"
	"tacet/infra/logging"
)

func withoutLog(r *rig, name string) handler {
	switch name {
	case "connect":
		return entry.Connect{Service: r.service}
	case "disconnect":
		return entry.Disconnect{Service: r.service}
	default:
		return entry.Fallback{Service: r.service}
	}
}

func welcome(r *rig) entry.Welcome {
	return entry.Welcome{Service: r.service, Log: logging.New(r.log, logging.JSON, slog.LevelDebug)}
}

const greeting = `{"connectionId":"` + connID + `"}`

func TestWelcomeGreetsOnceTheConnectionIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open()
		r.deaf = 3
		start := time.Now()
		out, err := welcome(r).Invoke(t.Context(), []byte(greeting))
		if err != nil || out != nil {
			t.Fatalf("got %s, %v", out, err)
		}
		if len(r.posted) == 0 || !strings.HasPrefix(r.posted[0], connID+` {"topic":"main","messageType":"welcome"`) {
			t.Errorf("posted %q", r.posted)
		}
		if time.Since(start) == 0 {
			t.Error("it did not wait between attempts")
		}
		if log := r.log.String(); !strings.Contains(log, `"msg":"welcome"`) || !strings.Contains(log, connID) || strings.Contains(log, "alice") {
			t.Errorf("the log: %s", log)
		}
	})
}

func TestWelcomeOfAConnectionThatIsGoneIsDone(t *testing.T) {
	r := newRig(t)
	if _, err := welcome(r).Invoke(t.Context(), []byte(greeting)); err != nil {
		t.Errorf("got %v, and would be invoked again for nothing", err)
	}
}

func TestWelcomeThatFailsIsInvokedAgain(t *testing.T) {
	r := newRig(t)
	r.open()
	r.service.Apps = brokenApps{}
	if _, err := welcome(r).Invoke(t.Context(), []byte(greeting)); err == nil || strings.Contains(err.Error(), "cause") {
		t.Errorf("got %v", err)
	}
	r.service.Connections = panics{}
	if _, err := welcome(r).Invoke(t.Context(), []byte(greeting)); err == nil || strings.Contains(err.Error()+r.log.String(), "MARKER") {
		t.Errorf("got %v, %s", err, r.log)
	}
}

func TestWelcomeEndsWithItsContext(t *testing.T) {
	r := newRig(t)
	r.open()
	r.deaf = 1
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := welcome(r).Greet(ctx, connID); err == nil {
		t.Error("it went on")
	}
	f := welcome(r)
	r.deaf = 1
	f.Wait = func(context.Context, time.Duration) error { return errors.New("enough") }
	if err := f.Greet(t.Context(), connID); err == nil || strings.Contains(err.Error(), "enough") {
		t.Errorf("got %v", err)
	}
}

func TestWelcomeTakesGreetingsOnly(t *testing.T) {
	r := newRig(t)
	for _, event := range []string{``, `MARKER`, `{}`, `{"connectionId":7}`, `[]`} {
		if _, err := welcome(r).Invoke(t.Context(), []byte(event)); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: %v", event, err)
		}
	}
}
