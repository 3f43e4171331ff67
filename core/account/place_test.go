package account_test

import (
	"testing"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/plan"
)

// What embeds a platform says what an application is, also of one that is there.
func TestAnApplicationIsPlacedOverWhatWasThere(t *testing.T) {
	w := newWorld(t)
	p := w.plane()
	x := &app.App{ID: development.App, Plan: plan.Unlimited}
	keys := func(secret string) grant.Slots {
		return grant.Slots{Client: [2]grant.Slot{{Algorithm: grant.HS256, Text: grant.NewSecret(secret)}}}
	}
	w.must(w.Place(t.Context(), development.Owner, "placed", x, keys(there)))
	if !p.admits(t, w, x.ID, grant.Client, grant.NewSecret(there)) {
		t.Fatal("the key does not verify")
	}
	x.Settings.Expiry = app.ExpiryEnforce
	w.must(w.Place(t.Context(), development.Owner, "placed", x, keys(theirs)))
	if !p.admits(t, w, x.ID, grant.Client, grant.NewSecret(theirs)) || p.admits(t, w, x.ID, grant.Client, grant.NewSecret(there)) {
		t.Error("the keys are not the later ones")
	}
	if a, err := p.App(t.Context(), x.ID); err != nil || a.Settings.Expiry != app.ExpiryEnforce || a.Account == "" {
		t.Errorf("it is %+v, %v", a, err)
	}
	if x.Account != "" {
		t.Error("the caller's application was changed")
	}
	broken := keys(there)
	broken.Client[0].Algorithm = "none"
	if err := w.Place(t.Context(), development.Owner, "placed", x, broken); fault.KindOf(err) != fault.Invalid {
		t.Errorf("keys that cannot work: %v", err)
	}
}
