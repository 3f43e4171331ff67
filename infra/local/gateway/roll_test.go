package gateway_test

import (
	"context"
	"slices"
	"testing"

	"tacet/infra/local/gateway"
)

// A list that is posted to again is not looked up again. Who gets the frame
// must be right all the same: for a list that begins where another does, and
// when connections of it have gone.
func TestAListThatIsPostedToAgainIsNotMistaken(t *testing.T) {
	ids := make(chan string, 1)
	a := serve(t, gateway.Options{Opened: func(_ context.Context, id string) { ids <- id }})
	const n = 40 // more than are looked up each time
	var clients []*client
	var all []string
	for range n {
		clients = append(clients, a.dial())
		all = append(all, within(t, ids))
	}
	post := func(list []string, text string, want int, gone ...string) {
		t.Helper()
		if p := a.Post(t.Context(), list, []byte(text), false); p.Delivered != want || !slices.Equal(p.Gone, gone) || len(p.Failed) != 0 {
			t.Fatalf("%s: %+v, want %d delivered and %v gone", text, p, want, gone)
		}
	}
	post(all, "first", n)
	post(all, "again", n)
	post(all, "and again", n)
	post(all[:n-1], "to all but the last", n-1)
	for i, c := range clients {
		c.expect("first")
		c.expect("again")
		c.expect("and again")
		if i < n-1 {
			c.expect("to all but the last")
		}
	}

	if err := a.Disconnect(all[7], 1000, ""); err != nil {
		t.Fatal(err)
	}
	clients[7].closed(1000)
	for range 2 {
		post(all, "without one", n-1, all[7])
	}
	for i, c := range clients {
		if i != 7 {
			c.expect("without one")
		}
	}
}
