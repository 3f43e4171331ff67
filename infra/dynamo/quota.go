package dynamo

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/app"
	"tacet/core/pubsub"
)

// strict is the largest quota of an application that is counted for every
// connection. Counting a thousand reads about 100 kB. Tests make it small.
var strict = 1000

// growth is how many connections a second may come to an application, as far
// as estimates know: what API Gateway lets into an account unless asked.
const growth = 500

// within holds c, which has just been added, against the quota, and takes it
// back if that is used up.
//
// Counting comes after writing, so that of those who race for the last place
// the one who counts last sees all others: never are too many let in, and at
// worst all of them are turned away. There is no counter that could be wrong:
// what is counted is what is there.
func (r *Realtime) within(ctx context.Context, c *pubsub.Connection, q pubsub.Quota) error {
	if q.PerApp <= 0 && q.PerSubject <= 0 {
		return nil
	}
	var appFull, subjectFull bool
	err := inParallel(2, func(i int) (err error) {
		switch {
		case i == 0 && q.PerApp > 0:
			appFull, err = r.appFull(ctx, c.App, q.PerApp)
		case i == 1 && q.PerSubject > 0:
			of := list{[]string{pkMembers(c.App, partOf(c.Subject))}, string(c.Subject) + sep}
			var n int
			n, err = r.count(ctx, of, q.PerSubject, true)
			subjectFull = n > q.PerSubject
		}
		return err
	})
	full := pubsub.ErrAppFull
	switch {
	case err != nil:
		return err
	case subjectFull:
		full = pubsub.ErrSubjectFull
	case !appFull:
		return nil
	}
	if _, err := r.erase(ctx, &record{Connection: *c}); err != nil {
		return err // it may still be there
	}
	return full
}

// appFull reports whether the application has more connections than its quota.
func (r *Realtime) appFull(ctx context.Context, of app.ID, quota int) (bool, error) {
	if quota <= strict {
		n, err := r.count(ctx, members(of), quota, true)
		return n > quota, err
	}
	if full, known := r.counts.add(of, quota, r.now()); known {
		return full, nil
	}
	n, err := r.count(ctx, members(of), quota, false)
	if err != nil {
		return false, err
	}
	r.counts.set(of, quota, n, r.now())
	return n > quota, nil
}

// count returns how many are in a list, or some number above enough.
func (r *Realtime) count(ctx context.Context, of list, enough int, consistent bool) (int, error) {
	var sum atomic.Int64
	err := inParallel(len(of.pks), func(i int) error {
		in := r.listed(of, i)
		in.Select, in.ProjectionExpression, in.ConsistentRead = types.SelectCount, nil, aws.Bool(consistent)
		return r.client.pages(ctx, in, func(page *dynamodb.QueryOutput) (bool, error) {
			return sum.Add(int64(page.Count)) <= int64(enough), nil
		})
	})
	return int(sum.Load()), err
}

// estimates remember how many connections large applications had when they
// were last counted, and how many this process has added since. The more room
// there is, the longer that is good enough: at growth it cannot be used up
// before the next count. Near its quota an application is counted every second,
// so it can exceed it by what connects elsewhere in that time.
type estimates struct {
	mu    sync.Mutex
	known map[app.ID]estimate
}

type estimate struct {
	count int
	until time.Time
}

// add counts one more connection, unless it is one too many, and reports
// whether it is and whether that is known.
func (e *estimates) add(of app.ID, quota int, now time.Time) (full, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x, ok := e.known[of]
	if !ok || !now.Before(x.until) {
		return false, false
	}
	if x.count >= quota {
		return true, true
	}
	x.count++
	e.known[of] = x
	return false, true
}

func (e *estimates) set(of app.ID, quota, count int, now time.Time) {
	good := time.Duration(quota-count) * time.Second / growth
	e.keep(of, count, min(max(good, time.Second), time.Minute), now)
}

// keep remembers a count for as long as it is good.
func (e *estimates) keep(of app.ID, count int, good time.Duration, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known == nil || len(e.known) >= 1000 { // an estimate too few costs a count
		e.known = map[app.ID]estimate{}
	}
	e.known[of] = estimate{count, now.Add(good)}
}

// get returns what is remembered, and whether anything is.
func (e *estimates) get(of app.ID, now time.Time) (count int, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x, ok := e.known[of]
	return x.count, ok && now.Before(x.until)
}
