package account_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/fault/faulttest"
	"tacet/core/privacy"
)

const verifier = "a verifier that has never left the command"

func challengeOf(verifier string) string {
	h := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

func (w *world) pass(who account.Identity) string {
	w.Helper()
	code, err := w.Pass(w.Context(), who, challengeOf(verifier))
	w.must(err)
	return code
}

func wantBadCode(t *testing.T, w *world, code, verifier string) {
	t.Helper()
	if who, err := w.Redeem(t.Context(), code, verifier); fault.KindOf(err) != fault.Unauthenticated || who != (account.Identity{}) {
		t.Errorf("got %v, want that the code is not good", err)
	}
}

func TestACodeIsGoodOnceForItsVerifier(t *testing.T) {
	w := newWorld(t)
	alice := who("alice")
	code := w.pass(alice)
	wantBadCode(t, w, code, verifier+"x")
	wantBadCode(t, w, code, "")
	wantBadCode(t, w, code, challengeOf(verifier))
	got, err := w.Redeem(t.Context(), code, verifier)
	w.must(err)
	if got != alice {
		t.Errorf("the code is another person's")
	}
	wantBadCode(t, w, code, verifier)
	// The last character carries bits that no byte needs.
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		wantBadCode(t, w, code[:len(code)-1]+string(c), verifier)
	}
}

func TestACodeIsGoodForAMinute(t *testing.T) {
	w := newWorld(t)
	code, late := w.pass(who("alice")), w.pass(who("bob"))
	w.advance(account.CodeLife - time.Second)
	_, err := w.Redeem(t.Context(), code, verifier)
	w.must(err)
	w.advance(time.Second)
	wantBadCode(t, w, late, verifier)
	wantBadCode(t, w, code, verifier)
}

func TestOfThoseWhoRedeemACodeAtOnceOneIsSignedIn(t *testing.T) {
	w := newWorld(t)
	code := w.pass(who("alice"))
	var good atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := w.Redeem(t.Context(), code, verifier); err == nil {
				good.Add(1)
			}
		})
	}
	all.Wait()
	if good.Load() != 1 {
		t.Errorf("%d were signed in", good.Load())
	}
}

func TestWhatIsNoCodeIsNotGood(t *testing.T) {
	w := newWorld(t)
	code := w.pass(who("alice"))
	session, _, err := w.SignIn(t.Context(), who("alice"))
	w.must(err)
	_, sealed, _ := strings.Cut(session, "tacet_s_")
	for _, code := range []string{"", "x", "====", session, sealed, code[:len(code)/2], "A" + code} {
		wantBadCode(t, w, code, verifier)
	}
	if _, err := w.Authenticate(t.Context(), "tacet_s_"+code, privacy.ParseAddr("203.0.113.7")); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a code is taken for a session: %v", err)
	}
	for _, challenge := range []string{"", "plain", verifier, challengeOf(verifier) + "=", challengeOf(verifier)[1:]} {
		if _, err := w.Pass(t.Context(), who("alice"), challenge); fault.KindOf(err) != fault.Invalid {
			t.Errorf("challenge %q: %v", challenge, err)
		}
	}
}

// Whichever call fails: nobody is signed in twice by one code.
func TestACodeThatMayHaveBeenUsedIsNotGoodAgain(t *testing.T) {
	for _, how := range faulttest.Ways {
		for nth := 1; ; nth++ {
			w := newWorld(t)
			code := w.pass(who("alice"))
			w.faults.Fail(nth, how)
			_, err := w.Redeem(t.Context(), code, verifier)
			if len(w.faults.Stop()) < nth {
				w.must(err)
				break
			}
			if !errors.Is(err, faulttest.ErrInjected) || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("call %d %v: %v", nth, how, err)
			}
			_, first := w.Redeem(t.Context(), code, verifier)
			if used := nth > 1 && how == faulttest.AppliedButFailed; (first != nil) != used {
				t.Errorf("call %d %v: repeated: %v", nth, how, first)
			}
			wantBadCode(t, w, code, verifier)
		}
	}
}
