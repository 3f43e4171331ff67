package account

import "testing"

func TestAReaderIsAnotherCaller(t *testing.T) {
	c := &Caller{s: &Service{}, Account: "a", Member: "m", Role: Viewer, Principal: &Principal{token: &Token{ID: "t"}, person: "p", account: "a"}}
	r := c.Reading()
	if r.Role != Owner || !r.Principal.Session() || r.Member != "m" || r.Account != "a" || r.Service() != c.s || r.Principal.Person() != "p" {
		t.Errorf("the reader is %+v, %+v", r, r.Principal)
	}
	if c.Role != Viewer || c.Principal.Session() || c.Principal.Bound() != "a" || c.Principal.Address().Known() {
		t.Errorf("the caller has become %+v, %+v", c, c.Principal)
	}
}
