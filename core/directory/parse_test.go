package directory_test

import (
	"testing"

	"tacet/core/directory"
)

func TestAKeyIsReadFromItsText(t *testing.T) {
	for _, k := range []directory.Key{
		{Part: directory.Part{Kind: 'o', ID: "Az09_-"}, Name: "Az09_-./:"},
		{Part: directory.Part{Kind: 's', ID: "a"}, Name: directory.Only},
	} {
		if got, err := directory.ParseKey(k.String()); err != nil || got != k {
			t.Errorf("%s became %s (%v)", k, got, err)
		}
	}
	for _, s := range []string{"", "#", "##", "o##a", "o#a#", "o#a", "oo#a#b", "O#a#b", "o#a#b#c", "o#a b#c", "o#ä#c"} {
		if got, err := directory.ParseKey(s); err == nil {
			t.Errorf("%q became %s", s, got)
		}
	}
}
