package account

import (
	"context"
	"strings"

	"tacet/core/directory"
)

// The size of a page.
const (
	usualPage   = 20
	largestPage = 100
)

// check returns the page with its limit filled in.
func (p Page) check() (Page, error) {
	if p.Limit == 0 {
		p.Limit = usualPage
	}
	if p.Limit < 1 || p.Limit > largestPage {
		return p, invalid("a page has 1 to 100 lines: ask for fewer, and go on with the cursor")
	}
	if strings.Trim(p.After, "0123456789abcdef/") != "" || len(p.After) > 128 {
		return p, invalid("this is no cursor of this list: take the one that the page before has ended with")
	}
	return p, nil
}

// page hands records of a part to take, by name, until it has taken as many as
// a page has. It returns the cursor to go on after, "" at the end. What take
// leaves is not counted.
func (s *Service) page(ctx context.Context, part directory.Part, prefix string, p Page, take func(directory.Record) (bool, error)) (string, error) {
	p, err := p.check()
	if err != nil {
		return "", err
	}
	after, taken := "", 0
	if p.After != "" {
		after = prefix + p.After
	}
	for {
		records, next, err := s.Directory.List(ctx, part, prefix, after, p.Limit)
		if err != nil {
			return "", unavailable(err)
		}
		for i, r := range records {
			took, err := take(r)
			if err != nil {
				return "", err
			}
			if took {
				taken++
			}
			if taken == p.Limit && (next != "" || i+1 < len(records)) {
				return strings.TrimPrefix(r.Name, prefix), nil
			}
		}
		if next == "" {
			return "", nil
		}
		after = next
	}
}

// each hands all records of a part to do, by name.
func (s *Service) each(ctx context.Context, part directory.Part, prefix string, do func(directory.Record) error) error {
	for after := ""; ; {
		records, next, err := s.Directory.List(ctx, part, prefix, after, directory.MaxPage)
		if err != nil {
			return unavailable(err)
		}
		for _, r := range records {
			if err := do(r); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		after = next
	}
}
