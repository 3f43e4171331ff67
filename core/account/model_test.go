package account_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tacet/core/account"
	"tacet/core/fault"
)

// model is what accounts, members and invitations should be, said as simply as
// it can be.
type model struct {
	*rapid.T
	w        *world
	people   map[string]*account.Principal
	accounts []*modelled
}

type modelled struct {
	id          account.ID
	name        string
	members     map[string]*modelMember
	invitations []*modelInvitation
}

type modelMember struct {
	id     account.MemberID
	role   account.Role
	tokens []modelToken
}

type modelToken struct{ id, secret string }

type modelInvitation struct {
	id, to string
	role   account.Role
	open   bool
}

var modelPeople = []string{"ann", "bob", "cid", "dan"}

func TestAnythingThatAnybodyDoes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := &model{T: r, w: newWorld(t), people: map[string]*account.Principal{}}
		for _, name := range modelPeople {
			m.people[name] = m.w.signIn(name)
		}
		r.Repeat(map[string]func(*rapid.T){
			"create": m.create, "rename": m.rename, "invite": m.invite, "withdraw": m.withdraw, "accept": m.accept,
			"change": m.change, "remove": m.remove, "token": m.token, "revoke": m.revoke, "": m.check,
		})
	})
}

// some draws a person and an account, of which he is a member or not.
func (m *model) some(t *rapid.T) (string, *modelled) {
	if len(m.accounts) == 0 {
		t.Skip("there is no account")
	}
	return rapid.SampledFrom(modelPeople).Draw(t, "who"), rapid.SampledFrom(m.accounts).Draw(t, "account")
}

// in returns a person in an account, and whether he may do something there; nil
// if he is no member, which was seen.
func (m *model) in(who string, a *modelled, action account.Action) (*account.Caller, *modelMember) {
	member := a.members[who]
	c, err := m.w.In(m.w.Context(), m.people[who], string(a.id))
	if member == nil {
		m.wants(fault.NotFound, err)
		return nil, nil
	}
	m.ok(err)
	if c.Role != member.role || c.Member != member.id || (c.Allow(action) == nil) != promised()[action][member.role] {
		m.Fatalf("%s is %s %s", who, c.Role, c.Member)
	}
	return c, member
}

func (m *model) ok(err error) {
	if err != nil {
		m.Fatal(err)
	}
}

func (m *model) wants(kind fault.Kind, err error) {
	if err == nil || fault.KindOf(err) != kind {
		m.Fatalf("%v, want %s", err, kind)
	}
}

// decided makes sure that an error is that of the first of what speaks against
// it, and reports whether nothing does.
func (m *model) decided(err error, against ...objection) bool {
	for _, o := range against {
		if o.holds {
			m.wants(o.kind, err)
			return false
		}
	}
	m.ok(err)
	return true
}

type objection struct {
	holds bool
	kind  fault.Kind
}

func (a *modelled) owners() int {
	n := 0
	for _, member := range a.members {
		if member.role == account.Owner {
			n++
		}
	}
	return n
}

func (m *model) create(t *rapid.T) {
	who := rapid.SampledFrom(modelPeople).Draw(t, "who")
	name := rapid.StringMatching(`[A-Z][a-z]{1,5}`).Draw(t, "name")
	owned := 0
	for _, a := range m.accounts {
		if member := a.members[who]; member != nil && member.role == account.Owner {
			owned++
		}
	}
	a, err := m.w.Create(m.w.Context(), m.people[who], account.Profile{FullName: name}, "")
	if m.decided(err, objection{owned >= account.MaxOwned, fault.TooMany}) {
		c := m.w.in(m.people[who], a.ID)
		m.accounts = append(m.accounts, &modelled{a.ID, name, map[string]*modelMember{who: {id: c.Member, role: account.Owner}}, nil})
	}
}

func (m *model) rename(t *rapid.T) {
	who, a := m.some(t)
	c, member := m.in(who, a, account.UpdateAccount)
	if c == nil {
		return
	}
	name := rapid.StringMatching(`[A-Z][a-z]{1,5}`).Draw(t, "name")
	if _, err := c.Update(m.w.Context(), account.Profile{FullName: name}, ""); m.decided(err, m.lacks(member, account.UpdateAccount)) {
		a.name = name
	}
}

func (m *model) lacks(member *modelMember, action account.Action) objection {
	return objection{!promised()[action][member.role], fault.Forbidden}
}

func (m *model) invite(t *rapid.T) {
	who, a := m.some(t)
	c, member := m.in(who, a, account.ManageMembers)
	if c == nil {
		return
	}
	to, role := rapid.SampledFrom(modelPeople).Draw(t, "to"), rapid.SampledFrom(account.Roles).Draw(t, "role")
	i, err := c.Invite(m.w.Context(), to+"@example.org", role, "")
	if m.decided(err, m.lacks(member, account.ManageMembers), objection{role == account.Owner && member.role != account.Owner, fault.Forbidden},
		objection{len(a.open()) >= account.MaxInvitations, fault.TooMany}) {
		a.invitations = append(a.invitations, &modelInvitation{i.ID, to, role, true})
	}
}

func (a *modelled) open() []*modelInvitation {
	return slices.DeleteFunc(slices.Clone(a.invitations), func(i *modelInvitation) bool { return !i.open })
}

// invitation draws one of those that there are or were.
func (m *model) invitation(t *rapid.T, a *modelled) *modelInvitation {
	if len(a.invitations) == 0 {
		t.Skip("there is no invitation")
	}
	return rapid.SampledFrom(a.invitations).Draw(t, "invitation")
}

func (m *model) withdraw(t *rapid.T) {
	who, a := m.some(t)
	i := m.invitation(t, a)
	c, member := m.in(who, a, account.ManageMembers)
	if c == nil {
		return
	}
	err := c.Withdraw(m.w.Context(), i.id)
	if m.decided(err, m.lacks(member, account.ManageMembers), objection{!i.open, fault.NotFound},
		objection{i.role == account.Owner && member.role != account.Owner, fault.Forbidden}) {
		i.open = false
		i.to = "" // nothing of it is left
	}
}

func (m *model) accept(t *rapid.T) {
	who, a := m.some(t)
	i := m.invitation(t, a)
	got, err := m.w.Accept(m.w.Context(), m.people[who], i.id)
	already := a.members[who]
	if !m.decided(err, objection{i.to != who, fault.NotFound}, objection{!i.open && already == nil, fault.NotFound}) {
		return
	}
	if already == nil {
		already = &modelMember{id: got.Member, role: i.role}
		a.members[who], i.open = already, false
	}
	if got.Member != already.id || got.Role != already.role || got.Account.ID != a.id || got.Account.Profile.FullName != a.name {
		m.Fatalf("%s has become %+v, want %+v", who, got, already)
	}
}

// other draws somebody to do something to, and his id: that of nobody if he is
// no member.
func (m *model) other(t *rapid.T, a *modelled) (string, *modelMember, string) {
	name := rapid.SampledFrom(modelPeople).Draw(t, "other")
	if member := a.members[name]; member != nil {
		return name, member, string(member.id)
	}
	return name, &modelMember{}, "00000000000000000000000000000000"
}

func (m *model) change(t *rapid.T) {
	who, a := m.some(t)
	_, other, id := m.other(t, a)
	role := rapid.SampledFrom(account.Roles).Draw(t, "role")
	c, member := m.in(who, a, account.ManageMembers)
	if c == nil {
		return
	}
	_, err := c.SetRole(m.w.Context(), id, role, "")
	owner := member.role == account.Owner
	if m.decided(err, m.lacks(member, account.ManageMembers), objection{role == account.Owner && !owner, fault.Forbidden},
		objection{other.id == "", fault.NotFound}, objection{other.role == account.Owner && !owner, fault.Forbidden},
		objection{other.role == account.Owner && role != account.Owner && a.owners() == 1, fault.Conflict}) {
		other.role = role
	}
}

func (m *model) remove(t *rapid.T) {
	who, a := m.some(t)
	name, other, id := m.other(t, a)
	action := account.ManageMembers
	if name == who {
		action = account.LeaveAccount
	}
	c, member := m.in(who, a, action)
	if c == nil {
		return
	}
	err := c.Remove(m.w.Context(), id, "")
	if m.decided(err, m.lacks(member, action), objection{other.id == "", fault.NotFound},
		objection{other.role == account.Owner && member.role != account.Owner, fault.Forbidden},
		objection{other.role == account.Owner && a.owners() == 1, fault.Conflict}) {
		delete(a.members, name)
		for _, token := range other.tokens {
			_, err := m.w.Authenticate(m.w.Context(), token.secret, noAddr)
			m.wants(fault.Unauthenticated, err)
		}
	}
}

func (m *model) token(t *rapid.T) {
	who, a := m.some(t)
	c, member := m.in(who, a, account.ManageTokens)
	if c == nil {
		return
	}
	made, secret, err := c.MakeToken(m.w.Context(), account.NewToken{Name: "t"}, "")
	if m.decided(err, objection{len(member.tokens) >= account.MaxTokens, fault.TooMany}) {
		member.tokens = append(member.tokens, modelToken{made.ID, secret})
	}
}

func (m *model) revoke(t *rapid.T) {
	who, a := m.some(t)
	name, other, _ := m.other(t, a)
	if len(other.tokens) == 0 {
		t.Skip("there is no token")
	}
	i := rapid.IntRange(0, len(other.tokens)-1).Draw(t, "token")
	c, member := m.in(who, a, account.ManageTokens)
	if c == nil {
		return
	}
	err := c.RevokeToken(m.w.Context(), other.tokens[i].id)
	if m.decided(err, objection{name != who && !promised()[account.ManageAnyToken][member.role], fault.NotFound}) {
		_, err := m.w.Authenticate(m.w.Context(), other.tokens[i].secret, noAddr)
		m.wants(fault.Unauthenticated, err)
		other.tokens = slices.Delete(other.tokens, i, i+1)
	}
}

// check holds everything that can be seen against the model.
func (m *model) check(*rapid.T) {
	if found := account.Broken(m.w.memory.All()); len(found) > 0 {
		m.Fatal(found)
	}
	for _, who := range modelPeople {
		want := map[account.ID]string{}
		for _, a := range m.accounts {
			if member := a.members[who]; member != nil {
				want[a.id] = fmt.Sprintf("%s as %s", a.name, member.role)
			}
		}
		got := map[account.ID]string{}
		all, _, err := m.w.Memberships(m.w.Context(), m.people[who], account.Page{Limit: 100})
		m.ok(err)
		for _, one := range all {
			got[one.Account.ID] = fmt.Sprintf("%s as %s", one.Account.Profile.FullName, one.Role)
		}
		if !maps.Equal(got, want) {
			m.Fatalf("%s is a member of %v, want %v", who, got, want)
		}
	}
	for _, a := range m.accounts {
		for _, member := range a.members {
			for _, token := range member.tokens {
				p, err := m.w.Authenticate(m.w.Context(), token.secret, noAddr)
				m.ok(err)
				c, err := m.w.In(m.w.Context(), p, string(a.id))
				m.ok(err)
				if c.Member != member.id || c.Role != member.role {
					m.Fatalf("a token is that of %+v, want %+v", c, member)
				}
			}
		}
	}
}
