package command

import "time"

// slow is how long a step may take without a word.
const slow = 2 * time.Second

// step tells that something is under way, once it has taken a while, and how
// long it took. The caller calls done at its end.
func (c *console) step(what string) (done func()) {
	began := time.Now()
	said := make(chan bool, 1)
	timer := time.AfterFunc(slow, func() {
		c.say("tacet: %s …", what)
		said <- true
	})
	return func() {
		if !timer.Stop() && <-said {
			c.say("tacet: %s took %.0f seconds", what, time.Since(began).Seconds())
		}
	}
}
