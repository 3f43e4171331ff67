package account_test

import (
	"slices"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/job"
	"tacet/core/plan"
)

// appVerbs are all that members do with applications.
var appVerbs = []verb{
	{"MakeApp", account.CreateApps, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, err := c.MakeApp(t.Context(), account.NewApplication{Name: "another shop"}, "")
		return err
	}, true},
	{"Apps", account.ReadApps, func(t *testing.T, _ *stage, c *account.Caller) error {
		_, _, err := c.Apps(t.Context(), account.Page{})
		return err
	}, false},
	{"App", account.ReadApps, func(t *testing.T, s *stage, c *account.Caller) error {
		_, err := c.App(t.Context(), string(s.app.ID))
		return err
	}, false},
	{"UpdateApp", account.UpdateApps, func(t *testing.T, s *stage, c *account.Caller) error {
		u := account.AppUpdate{Name: &name, Settings: &app.Settings{Expiry: app.ExpiryEnforce}}
		_, err := c.UpdateApp(t.Context(), string(s.app.ID), u, "")
		return err
	}, true},
	{"Suspend", account.SuspendApps, func(t *testing.T, s *stage, c *account.Caller) error {
		yes := true
		_, err := c.UpdateApp(t.Context(), string(s.app.ID), account.AppUpdate{Suspended: &yes}, "")
		return err
	}, true},
	{"SetPlan", account.ChangePlans, func(t *testing.T, s *stage, c *account.Caller) error {
		_, err := c.SetPlan(t.Context(), string(s.app.ID), plan.Team, account.AnyVersion)
		return err
	}, true},
	{"DeleteApp", account.DeleteApps, func(t *testing.T, s *stage, c *account.Caller) error {
		return c.DeleteApp(t.Context(), string(s.app.ID), "")
	}, true},
	{"Keys", account.ReadKeys, func(t *testing.T, s *stage, c *account.Caller) error {
		_, err := c.Keys(t.Context(), string(s.app.ID))
		return err
	}, false},
	{"MakeKey", account.ManageKeys, func(t *testing.T, s *stage, c *account.Caller) error {
		_, _, err := c.MakeKey(t.Context(), string(s.app.ID), account.NewKey{}, "")
		return err
	}, true},
	{"RevokeKey", account.ManageKeys, func(t *testing.T, s *stage, c *account.Caller) error {
		return c.RevokeKey(t.Context(), string(s.app.ID), s.key.ID)
	}, true},
}

// appActs are verbs for applications that are done again with a version or an
// idempotency key, or in other ways than verbs says.
func appActs() []act {
	const once = "4a6c-key"
	makeKey := func(name string, k account.NewKey, key string, again ...fault.Kind) act {
		return act{name: name, again: again, begin: func(t *testing.T, s *stage) func() error {
			k := k
			if k.Replaces != "" {
				k.Replaces = s.key.ID
			}
			c := s.fresh(s.owner)
			return func() error {
				_, _, err := c.MakeKey(t.Context(), string(s.app.ID), k, key)
				return err
			}
		}}
	}
	app := act{name: "MakeApp once", after: count("app/", 2), begin: func(t *testing.T, s *stage) func() error {
		c := s.fresh(s.owner)
		return func() error {
			_, err := c.MakeApp(t.Context(), account.NewApplication{Name: "another shop"}, once)
			return err
		}
	}}
	key := makeKey("MakeKey once", account.NewKey{Text: grant.NewSecret("a second secret that clients sign tokens with")}, once)
	key.after = keys(2)
	overlapping := makeKey("Rotate a key once", account.NewKey{Replaces: "the stage's", Overlap: time.Hour}, once)
	overlapping.after = keys(2)
	replacing := makeKey("Replace a key once", account.NewKey{Replaces: "the stage's"}, once)
	replacing.after = both(keys(1), left(job.EndConnections))
	return []act{
		app, key, overlapping, replacing,
		makeKey("Rotate a key", account.NewKey{Replaces: "the stage's", Overlap: time.Hour}, "", fault.Conflict),
		makeKey("Replace a key", account.NewKey{Replaces: "the stage's"}, "", fault.NotFound),
		{name: "UpdateApp of a version", again: []fault.Kind{fault.Conflict}, begin: func(t *testing.T, s *stage) func() error {
			c := s.fresh(s.owner)
			return func() error {
				_, err := c.UpdateApp(t.Context(), string(s.app.ID), account.AppUpdate{Name: &name}, s.app.Version)
				return err
			}
		}},
		{name: "SetPlan of a version", again: []fault.Kind{fault.Conflict}, after: left(job.Restamp), begin: func(t *testing.T, s *stage) func() error {
			c := s.fresh(s.owner)
			return func() error {
				_, err := c.SetPlan(t.Context(), string(s.app.ID), plan.Business, s.app.Version)
				return err
			}
		}},
		{name: "DeleteApp of a version", again: []fault.Kind{fault.NotFound}, after: both(count("keys/", 0), left(job.EraseApp)), begin: func(t *testing.T, s *stage) func() error {
			c := s.fresh(s.owner)
			return func() error { return c.DeleteApp(t.Context(), string(s.app.ID), s.app.Version) }
		}},
	}
}

// leaves is which job a verb leaves, in whatever way it has failed at first.
var leaves = map[string]job.Kind{
	"Suspend": job.EndConnections, "SetPlan": job.Restamp, "DeleteApp": job.EraseApp, "RevokeKey": job.EndConnections,
}

// left makes sure that a job about the stage's application is to be done.
func left(k job.Kind) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		if !slices.ContainsFunc(s.jobs(), func(j job.Job) bool { return j.Kind == k && slices.Contains(j.Apps, s.app.ID) }) {
			t.Errorf("no job is left to %s: %+v", k, s.jobs())
		}
	}
}

// keys makes sure that the stage's application has so many client keys that
// stay or end.
func keys(want int) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		all, err := s.fresh(s.owner).Keys(t.Context(), string(s.app.ID))
		s.must(err)
		if len(all) != want {
			t.Errorf("there are %d keys, want %d: %+v", len(all), want, all)
		}
	}
}

func both(one, two func(*testing.T, *stage)) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		one(t, s)
		two(t, s)
	}
}
