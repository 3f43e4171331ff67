package account_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tacet/core/account"
	"tacet/core/privacy"
)

// What is held about people is full name, age range, e-mail, payment details and
// the activity log, and nothing more. Whoever adds a field to one of these types
// adds it here, and to the published policy first.
func TestNothingMoreIsHeldAboutPeople(t *testing.T) {
	for held, want := range map[reflect.Type][]string{
		reflect.TypeFor[account.Profile]():    {"FullName string", "AgeRange account.AgeRange", "Email string"},
		reflect.TypeFor[account.Payment]():    {"Reference string", "Brand string", "LastFour string", "Expires string"},
		reflect.TypeFor[account.Member]():     {"ID account.MemberID", "Role account.Role", "Email string", "Since time.Time", "Version directory.Version"},
		reflect.TypeFor[account.Invitation](): {"ID string", "Account account.ID", "Role account.Role", "Email string", "Expires time.Time"},
		reflect.TypeFor[account.Account]():    {"ID account.ID", "State account.State", "Created time.Time", "Profile account.Profile", "Version directory.Version"},
		reflect.TypeFor[account.Entry](): {
			"At time.Time", "Member account.MemberID", "Token string", "What account.Action", "Object string", "Address privacy.Anonymised",
		},
	} {
		var got []string
		for i := range held.NumField() {
			f := held.Field(i)
			got = append(got, f.Name+" "+f.Type.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s holds %q, want %q", held, got, want)
		}
	}
	// Of what is typed as text by people there is nothing below these fields.
	for _, text := range []reflect.Type{reflect.TypeFor[account.AgeRange](), reflect.TypeFor[account.State](), reflect.TypeFor[account.Role]()} {
		if text.Kind() != reflect.String {
			t.Errorf("%s has become a %s", text, text.Kind())
		}
	}
}

// What lies in the directory is the sum of these records: a field that stands in
// clear is listed here.
func TestWhatStandsInClear(t *testing.T) {
	for name, want := range map[string][]string{
		"account":    {"created", "profile", "state"},
		"tally":      {"apps", "members", "owners"},
		"payment":    {"payment"},
		"member":     {"email", "lookups", "role", "since", "tokens"},
		"invitation": {"by", "email", "expires", "lookups", "role"},
		"token":      {"created", "expires", "lookups", "member", "name"},
		"app":        {"created", "name", "plan"}, // settings and whether it is suspended, when they are set
		"keys":       {"keys"},
		"log":        {"entry"},
	} {
		got := fieldsOf(newStage(t), name)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

func TestAnEntryOfTheLogHoldsNoAddressInClear(t *testing.T) {
	s := newStage(t)
	entries, _, err := s.owner.Activity(t.Context(), account.Page{Limit: 100})
	s.must(err)
	if len(entries) == 0 {
		t.Fatal("the log is empty")
	}
	for _, e := range entries {
		if e.Address.Method() != privacy.Ipcrypt || e.Address.Version() != 1 || !e.Address.Known() || e.Member == "" || e.What == "" || e.At.IsZero() || e.Object == "" {
			t.Errorf("an entry is %+v", e)
		}
	}
}

// fieldsOf returns the fields of a record of the stage in which nothing is left
// out.
func fieldsOf(s *stage, name string) []string {
	most := []string{}
	for _, r := range s.memory.All() {
		kind, _, _ := strings.Cut(r.Name, "/")
		if r.Kind != 'o' || kind != name {
			continue
		}
		var fields map[string]json.RawMessage
		s.must(json.Unmarshal(r.Value, &fields))
		if names := slices.Sorted(maps.Keys(fields)); len(names) > len(most) && !slices.Contains(names, "accepted") {
			most = names
		}
	}
	return most
}
