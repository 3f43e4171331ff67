package app_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/plan"
	"tacet/core/privacy"
)

func TestIDsAre32LowerCaseHexDigits(t *testing.T) {
	for s, ok := range map[string]bool{
		"0123456789abcdef0123456789abcdef":    true,
		"0123456789ABCDEF0123456789ABCDEF":    false, // a second spelling of the same
		"0123456789abcdef0123456789abcde":     false,
		"0123456789abcdef0123456789abcdef0":   false,
		"0123456789abcdef0123456789abcdeg":    false,
		"0123456789abcdef0123456789abcde\x00": false,
		"":                                    false,
	} {
		id, err := app.ParseID(s)
		if ok && (err != nil || string(id) != s) || !ok && (fault.KindOf(err) != fault.Invalid || id != "") {
			t.Errorf("ParseID(%q) = %q, %v", s, id, err)
		}
		if err != nil && len(s) > 8 && strings.Contains(err.Error(), s) {
			t.Errorf("the error repeats %q", s)
		}
	}
}

func TestSettingsAreCheckedByName(t *testing.T) {
	for _, c := range []struct {
		settings app.Settings
		want     string
	}{
		{app.Settings{}, ""},
		{app.Settings{Expiry: app.ExpiryEnforce, Violations: app.ViolationsError, Addresses: privacy.None, BlindTopics: true}, ""},
		{app.Settings{Expiry: app.ExpiryConnect, Violations: app.ViolationsClose, Addresses: privacy.Ipcrypt}, ""},
		{app.Settings{Expiry: "Enforce"}, "expiry"},
		{app.Settings{Violations: "ignore"}, "violations"},
		{app.Settings{Addresses: "raw"}, "addresses"},
	} {
		err := c.settings.Check()
		if c.want == "" && err != nil || c.want != "" && (fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Public(err).Text, c.want)) {
			t.Errorf("%+v: %v, want a word about %q", c.settings, err, c.want)
		}
	}
}

func TestAPlanThatIsGoneLeavesTheSmallest(t *testing.T) {
	if got := (&app.App{Plan: plan.Team}).Limits(); got.Name != plan.Team {
		t.Errorf("limits of %s", got.Name)
	}
	if got := (&app.App{Plan: "withdrawn"}).Limits(); got != plan.Default() {
		t.Errorf("limits of %s", got.Name)
	}
}

func TestAnApplicationIsStoredWholeAndPrintedWithoutSecrets(t *testing.T) {
	blind := [privacy.SecretSize]byte([]byte("very-secret-very-secret-very-secr")[:privacy.SecretSize])
	a := app.App{
		ID: "0123456789abcdef0123456789abcdef", Account: "fedcba9876543210fedcba9876543210", Plan: plan.Team, Suspended: true,
		Settings: app.Settings{Violations: app.ViolationsError}, Blind: privacy.NewBlindKey(blind),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, a) + fmt.Sprintf(verb, &a); strings.Contains(got, "very-secret") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var got app.App
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != a.ID || got.Account != a.Account || got.Plan != a.Plan || got.Settings != a.Settings || got.Suspended != a.Suspended ||
		privacy.RecordTopic("x", &got.Blind) != privacy.RecordTopic("x", &a.Blind) {
		t.Errorf("got %+v, want %+v", got, a)
	}
	data, err = json.Marshal(app.App{ID: a.ID, Plan: plan.Free})
	if want := `{"id":"0123456789abcdef0123456789abcdef","account":"","plan":"free"}`; err != nil || string(data) != want {
		t.Errorf("got %s, %v; want %s", data, err, want)
	}
}

func TestALogOfAnApplicationHoldsNoKey(t *testing.T) {
	a := app.App{ID: "0123456789abcdef0123456789abcdef", Account: "fedcba9876543210fedcba9876543210", Blind: privacy.NewBlindKey([privacy.SecretSize]byte{9})}
	var out strings.Builder
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "value", a, "pointer", &a)
	if s := out.String(); strings.Contains(s, "blind") || strings.Contains(s, a.Account) || !strings.Contains(s, string(a.ID)) {
		t.Errorf("logged as %s", s)
	}
}
