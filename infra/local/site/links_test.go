package site_test

import (
	"testing"
	"time"

	"tacet/infra/local/site"
)

func TestALinkIsGoodOnceAndForAWhile(t *testing.T) {
	var l site.Links
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	if l.Use("", now) || l.Use("x", now) {
		t.Error("a link that was never made is good")
	}
	one, expires := l.Make(now)
	two, _ := l.Make(now.Add(time.Minute))
	if one == two || len(one) < 26 || expires != now.Add(15*time.Minute) {
		t.Errorf("made %q and %q, until %v", one, two, expires)
	}
	if !l.Use(one, expires.Add(-time.Nanosecond)) || l.Use(one, now) {
		t.Error("a link is not good exactly once")
	}
	if l.Use(two, now.Add(16*time.Minute)) {
		t.Error("a link is good after its time")
	}
	if three, expires := l.Make(now); l.Use(three, expires) {
		t.Error("a link is good at the moment when it ends")
	}
}

func TestUnusedLinksHaveABound(t *testing.T) {
	var l site.Links
	now := time.Now()
	first, _ := l.Make(now)
	for range 15 {
		l.Make(now)
	}
	last, _ := l.Make(now)
	if l.Use(first, now) || !l.Use(last, now) {
		t.Error("the oldest link should have gone")
	}
}
