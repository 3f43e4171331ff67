package account_test

import (
	"encoding/json"
	"slices"
	"testing"

	"tacet/core/account"
	"tacet/core/directory"
)

func TestARecordNamesWhatLeadsToIt(t *testing.T) {
	one := directory.Key{Part: directory.Part{Kind: 'p', ID: "aa"}, Name: "bb"}
	two := directory.Key{Part: directory.Part{Kind: 's', ID: "cc"}, Name: directory.Only}
	value, err := json.Marshal(struct {
		account.Led
		Role string `json:"role"`
	}{account.LedBy(one, two), "owner"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := account.Lookups(directory.Record{Value: value})
	if err != nil || !slices.Equal(got, []directory.Key{one, two}) {
		t.Errorf("%s: got %v (%v)", value, got, err)
	}
	if got, err := account.Lookups(directory.Record{Value: []byte(`{"role":"owner"}`)}); err != nil || got != nil {
		t.Errorf("nothing leads to it, and got %v (%v)", got, err)
	}
	for _, text := range []string{"", "[]", `{"lookups":["x"]}`, `{"lookups":1}`} {
		if got, err := account.Lookups(directory.Record{Value: []byte(text)}); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestACondemnedAccountIsAsItWasButForItsState(t *testing.T) {
	r := directory.Record{Key: directory.Key{Part: account.ID("aa").Part(), Name: "account"}, Version: "v1", Value: []byte(`{"sealed":"x","state":"active","created":"2026-03-14T00:00:00Z"}`)}
	c, err := account.Condemn(r)
	if err != nil || c.Key != r.Key || c.If != directory.IfVersion || c.Version != "v1" {
		t.Errorf("got %+v (%v)", c, err)
	}
	if want := `{"created":"2026-03-14T00:00:00Z","sealed":"x","state":"deleting"}`; string(c.Value) != want {
		t.Errorf("got %s, want %s", c.Value, want)
	}
	if _, err := account.Condemn(directory.Record{Value: []byte("x")}); err == nil {
		t.Error("what is no JSON is condemned")
	}
}
