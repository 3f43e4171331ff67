package account

import (
	"context"
	"errors"

	"tacet/core/directory"
)

// maxMembers is how many people an account may have.
const maxMembers = 500

// recount returns the change of an account's numbers of members and owners. Who
// changes them makes it together with what they are numbers of, so of two who
// take away the last owners at the same time one finds that another was faster,
// and then that there is one owner left.
func (s *Service) recount(ctx context.Context, of ID, members, owners int) (directory.Change, error) {
	tally, r, err := read[tallyRecord](ctx, s, keyOf(of, tallyName))
	if errors.Is(err, directory.ErrAbsent) {
		return directory.Change{}, noAccount()
	} else if err != nil {
		return directory.Change{}, err
	}
	tally.Members += members
	tally.Owners += owners
	switch {
	case tally.Owners < 1:
		return directory.Change{}, conflict("this is the account's last owner: make another member an owner first, or delete the account")
	case members > 0 && tally.Members > maxMembers:
		return directory.Change{}, tooMany("the account has 500 members, and cannot have more: remove one first")
	}
	value, err := encode(tally)
	return directory.Replace(r, value), err
}

// owners returns by how much the number of owners changes.
func owners(before, after Role) int {
	n := 0
	if before == Owner {
		n--
	}
	if after == Owner {
		n++
	}
	return n
}
