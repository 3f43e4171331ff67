package dynamo_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/dynamo"
)

// stateOf is all bytes and texts that rest in a table.
func stateOf(t *testing.T, table string) (state [][]byte) {
	t.Helper()
	for _, i := range local.Scan(t, table) {
		for _, v := range i {
			switch v := v.(type) {
			case *types.AttributeValueMemberB:
				state = append(state, v.Value)
			case *types.AttributeValueMemberS:
				state = append(state, []byte(v.Value))
			}
		}
	}
	return state
}

// With all that there is today in the table, which has no backups, nobody can
// tell of which of a few hundred networks a value of yesterday is. Yesterday
// anybody could who could read it: so what is looked for is what there was. The
// processes that knew the secret have forgotten it with their first call of the
// new day.
func TestWithTodaysTableNothingOfYesterdayIsLinked(t *testing.T) {
	const app = pubsubtest.AppA
	clock, table := pubsubtest.NewClock(), table(t, "realtime")
	s := dynamo.NewSecrets(client(local.Endpoint, nil), table, clock.Now)
	keep := func() privacy.Anonymised {
		a, err := privacy.Anonymiser{Secrets: s}.Anonymise(t.Context(), privacy.ParseAddr(privacytest.Culprit), string(app), privacy.Ipcrypt, clock.Now())
		must(t, err)
		return a
	}
	yesterday, was := privacy.DayOf(clock.Now()), keep()
	before := stateOf(t, table)
	if _, ok := privacytest.Opens(was, string(app), yesterday, nil, before...); !ok {
		t.Fatal("the value cannot be opened with the table of its own day: what is looked for is not what there is")
	}

	clock.Advance(13*time.Hour + time.Second) // 01:00: the grace is over
	today, is := privacy.DayOf(clock.Now()), keep()
	after := stateOf(t, table)
	if _, ok := privacytest.Opens(is, string(app), today, nil, after...); !ok || was == is {
		t.Error("today's value is not made with what is in the table")
	}
	if address, ok := privacytest.Opens(was, string(app), yesterday, []privacy.Day{today}, after...); ok {
		t.Errorf("yesterday's value is found to be that of %s", address)
	}
	for _, i := range local.Scan(t, table) {
		if show(i[dynamo.Hash]) == `"k#`+yesterday.String()+`"` {
			t.Error("yesterday's secret rests in the table")
		}
	}
	if days := s.Known(); !slices.Equal(days, []privacy.Day{today}) {
		t.Errorf("the process remembers the secrets of %v", days)
	}
	if _, err := s.Secret(t.Context(), yesterday); !errors.Is(err, privacy.ErrNoSecret) {
		t.Errorf("yesterday's secret can be had: %v", err)
	}
}
