package directorytest

import (
	"context"
	"strings"

	"tacet/core/directory"
	"tacet/core/fault/faulttest"
)

// WithFaults returns d with f in between. Calls are counted by name and key.
func WithFaults(d directory.Directory, f *faulttest.Faults) directory.Directory { return faulty{f, d} }

type faulty struct {
	f *faulttest.Faults
	d directory.Directory
}

// about says what a call is about, in the order in which it was asked.
type about []string

func (a about) String() string { return strings.Join(a, " ") }

func (x faulty) Get(ctx context.Context, k directory.Key) (directory.Record, error) {
	return faulttest.Result(x.f, "Get", k, func() (directory.Record, error) { return x.d.Get(ctx, k) })
}

func (x faulty) List(ctx context.Context, p directory.Part, prefix, after string, limit int) (page []directory.Record, next string, err error) {
	err = x.f.Do("List", about{p.String() + "#" + prefix}, func() (err error) {
		page, next, err = x.d.List(ctx, p, prefix, after, limit)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (x faulty) Remains(ctx context.Context, p directory.Part, after string, limit int) (page []directory.Record, next string, err error) {
	err = x.f.Do("Remains", about{p.String()}, func() (err error) {
		page, next, err = x.d.Remains(ctx, p, after, limit)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (x faulty) Apply(ctx context.Context, changes ...directory.Change) (directory.Version, error) {
	var keys about
	for _, c := range changes {
		keys = append(keys, c.Key.String())
	}
	return faulttest.Result(x.f, "Apply", keys, func() (directory.Version, error) { return x.d.Apply(ctx, changes...) })
}
