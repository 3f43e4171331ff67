package account_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"tacet/core/account"
	"tacet/core/fault"
)

// table is who may do what, as it is promised: owner, admin, developer, billing,
// viewer. It is written down a second time on purpose.
const table = `
account:read       o a d b v
account:update     o a . . .
account:delete     o . . . .
account:export     o . . . .
payment:read       o . . b .
payment:update     o . . b .
members:read       o a d b v
members:manage     o a . . .
apps:read          o a d b v
apps:create        o a d . .
apps:update        o a d . .
apps:suspend       o a . . .
apps:delete        o a . . .
keys:read          o a d . .
keys:manage        o a d . .
plans:change       o . . b .
reports:read       o a d . v
activity:read      o a . . .
self:export        o a d b v
self:leave         o a d b v
tokens:manage      o a d b v
tokens:manage-any  o a . . .
`

// promised returns the table by action and role.
func promised() map[account.Action]map[account.Role]bool {
	all := map[account.Action]map[account.Role]bool{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		cells := strings.Fields(line)
		roles := map[account.Role]bool{}
		for i, r := range []account.Role{"owner", "admin", "developer", "billing", "viewer"} {
			roles[r] = cells[i+1] != "."
		}
		all[account.Action(cells[0])] = roles
	}
	return all
}

func TestRolesMayDoWhatIsPromised(t *testing.T) {
	want := promised()
	published := map[account.Action][]account.Role{}
	for _, p := range account.Permissions() {
		published[p.Action] = p.Roles
		if p.What == "" {
			t.Errorf("%s is not explained", p.Action)
		}
	}
	if got := slices.Sorted(maps.Keys(published)); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Errorf("there are %v", got)
	}
	for action, roles := range want {
		for r, may := range roles {
			if r.May(action) != may || slices.Contains(published[action], r) != may {
				t.Errorf("%s may %s: %v, want %v", r, action, r.May(action), may)
			}
		}
	}
	for _, r := range []account.Role{"", "Owner", "root"} {
		if r.May(account.ReadAccount) {
			t.Errorf("%q is a role", r)
		}
	}
	if account.Owner.May("account:everything") {
		t.Error("an owner may do what there is not")
	}
}

func TestEachRoleDoesWhatItMay(t *testing.T) {
	want := promised()
	for _, v := range verbs {
		for _, r := range account.Roles {
			t.Run(v.name+" as "+string(r), func(t *testing.T) {
				s := newStage(t)
				c := s.members()[r]
				lines, before := s.lines(c.Account, "log/"), s.memory.All()
				err := v.do(t, s, c)
				if may := want[v.action][r]; may {
					s.must(err)
				} else {
					s.want(fault.Forbidden, err)
				}
				if grown := s.lines(c.Account, "log/") > lines; grown != (v.writes && err == nil) {
					t.Errorf("the activity log has grown: %v", grown)
				}
				if err != nil && !same(before, s.memory.All()) {
					t.Error("who may not do it has changed something")
				}
				s.sound()
			})
		}
	}
}

// Each verb is done with an access token of an owner for that verb's action
// alone, and with one for everything else.
func TestATokenDoesWhatItsScopeSays(t *testing.T) {
	for _, v := range verbs {
		for _, within := range []bool{true, false} {
			name := v.name + " within the scope"
			if !within {
				name = v.name + " outside of the scope"
			}
			t.Run(name, func(t *testing.T) {
				s := newStage(t)
				scope := []account.Action{v.action}
				if !within {
					scope = slices.DeleteFunc(slices.Collect(maps.Keys(promised())), func(a account.Action) bool { return a == v.action })
				}
				c := s.token(s.owner, account.NewToken{Scope: scope})
				err := v.do(t, s, c)
				switch {
				case !within, v.name == "MakeToken": // which needs a session
					s.want(fault.Forbidden, err)
				default:
					s.must(err)
				}
				s.sound()
			})
		}
	}
}

func TestATokenMayNoMoreThanItsMember(t *testing.T) {
	want := promised()
	for _, v := range verbs {
		if v.name == "MakeToken" {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			s := newStage(t)
			c := s.token(s.viewer, account.NewToken{Scope: slices.Collect(maps.Keys(want))})
			if err := v.do(t, s, c); want[v.action][account.Viewer] {
				s.must(err)
			} else {
				s.want(fault.Forbidden, err)
			}
		})
	}
}

// What a token may is decided when it is used.
func TestATokenLosesWhatItsMemberLoses(t *testing.T) {
	s := newStage(t)
	_, secret, err := s.admin.MakeToken(t.Context(), account.NewToken{Name: "t"}, "")
	s.must(err)
	p := s.authenticate(secret)
	s.must(s.in(p, s.owner.Account).Allow(account.ManageMembers))
	_, err = s.owner.SetRole(t.Context(), string(s.admin.Member), account.Viewer, "")
	s.must(err)
	s.want(fault.Forbidden, s.in(p, s.owner.Account).Allow(account.ManageMembers))
	s.must(s.owner.Remove(t.Context(), string(s.admin.Member), ""))
	_, err = s.In(t.Context(), p, string(s.owner.Account))
	s.want(fault.NotFound, err)
	_, err = s.Authenticate(t.Context(), secret, noAddr)
	s.want(fault.Unauthenticated, err)
}

func TestOnlyOwnersTouchOwners(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	second := s.join(s.owner, "otto", account.Owner)
	for name, do := range map[string]func() error{
		"making an owner": func() error {
			_, err := s.admin.SetRole(ctx, string(s.viewer.Member), account.Owner, "")
			return err
		},
		"becoming one": func() error {
			_, err := s.admin.SetRole(ctx, string(s.admin.Member), account.Owner, "")
			return err
		},
		"changing an owner": func() error {
			_, err := s.admin.SetRole(ctx, string(second.Member), account.Viewer, "")
			return err
		},
		"removing an owner": func() error { return s.admin.Remove(ctx, string(second.Member), "") },
		"inviting an owner": func() error {
			_, err := s.admin.Invite(ctx, "new@example.org", account.Owner, "")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { s.want(fault.Forbidden, do()) })
	}
	i, err := s.owner.Invite(ctx, "new@example.org", account.Owner, "")
	s.must(err)
	s.want(fault.Forbidden, s.admin.Withdraw(ctx, i.ID))

	_, err = second.SetRole(ctx, string(s.owner.Member), account.Viewer, "")
	s.must(err)
	_, err = s.owner.SetRole(ctx, string(second.Member), account.Viewer, "")
	s.want(fault.Conflict, err) // the right was checked before, the owner is the last one
	s.sound()
}

// A member without the permission learns nothing about whether the object is
// there: nothing is read before the answer.
func TestPermissionIsAskedBeforeAnythingIsRead(t *testing.T) {
	want := promised()
	for _, v := range verbs {
		for _, r := range account.Roles {
			if want[v.action][r] {
				continue
			}
			s := newStage(t)
			s.faults.Fail(0, 0)
			s.want(fault.Forbidden, v.do(t, s, s.members()[r]))
			if calls := s.faults.Stop(); len(calls) != 0 {
				t.Errorf("%s as %s calls %q", v.name, r, calls)
			}
		}
	}
}
