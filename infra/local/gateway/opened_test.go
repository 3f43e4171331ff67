package gateway_test

import (
	"context"
	"testing"

	"tacet/infra/local/gateway"
)

// Between the moment in which others can reach a connection and its greeting,
// a publication could come first. Clients take the first frame for the greeting.
func TestWhatOpenedPostsComesFirst(t *testing.T) {
	var a *api
	post := func(ctx context.Context, text string, ids ...string) {
		t.Helper()
		if p := a.Post(ctx, ids, []byte(text), false); p.Delivered != len(ids) {
			t.Errorf("%s: %+v", text, p)
		}
	}
	bystanders := make(chan string, 1)
	a = serve(t, gateway.Options{
		Ordered: true, Routes: map[string]gateway.Route{"$default": twoWay(echo)},
		Opened: func(ctx context.Context, id string) {
			select {
			case bystanders <- id: // the first one
			case bystander := <-bystanders:
				post(t.Context(), "to many", bystander, id)
				post(t.Context(), "to one", id)
				post(ctx, "greeting", id)
				post(ctx, "warning", id)
			}
		},
	})
	bystander := a.dial()
	bystander.send("x") // its answer comes after Opened has returned
	bystander.expect("x")
	c := a.dial()
	for _, text := range []string{"greeting", "warning", "to many", "to one"} {
		c.expect(text)
	}
	bystander.expect("to many")
	c.send("y")
	c.expect("y")
}

func TestAConnectionThatIsEndedWhileItOpensIsGreetedBefore(t *testing.T) {
	var a *api
	a = serve(t, gateway.Options{Opened: func(ctx context.Context, id string) {
		a.Post(t.Context(), []string{id}, []byte("farewell"), false)
		if err := a.Disconnect(id, 4000, "come back"); err != nil {
			t.Error(err)
		}
		a.Post(ctx, []string{id}, []byte("greeting"), false)
	}})
	c := a.dial()
	c.expect("greeting")
	c.expect("farewell")
	c.closed(4000)
}
