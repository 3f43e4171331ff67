package dynamo

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/privacy"
)

// Secrets makes, keeps and destroys the secrets of days; it implements
// privacy.DaySecrets. The node is whoever shares the table. Make it with
// NewSecrets. Safe for concurrent use.
//
// A secret rests in the table of class realtime, which has no backups, under
// the table's key of KMS, and in the memory of processes that have asked for
// it. It is not handed out after its day and grace, wherever it still rests. It
// is deleted by Destroy, which something scheduled has to call after the grace;
// by the first Secret after the grace in a process that knew it; and by TTL,
// which may take days.
type Secrets struct {
	client *Client
	table  string
	now    func() time.Time

	mu    sync.Mutex
	known map[privacy.Day]privacy.Secret
}

// NewSecrets returns the store that lives in the table of class realtime.
func NewSecrets(c *Client, table string, now func() time.Time) *Secrets {
	return &Secrets{client: c, table: table, now: now, known: map[privacy.Day]privacy.Secret{}}
}

// grace is for how long before and after its day a secret can be had.
const grace = time.Hour

const attrSecret = "secret"

// liveDay reports whether a day's secret can be had.
func liveDay(day privacy.Day, now time.Time) bool {
	return !now.Before(day.Start().Add(-grace)) && now.Before(endOf(day))
}

func endOf(day privacy.Day) time.Time { return (day + 1).Start().Add(grace) }

// Secret implements privacy.DaySecrets. When the secret of a day that is over
// cannot be deleted, the call fails, and so does the next one in this process,
// until it can.
func (s *Secrets) Secret(ctx context.Context, day privacy.Day) (privacy.Secret, error) {
	now := s.now()
	s.mu.Lock()
	secret, ok := s.known[day]
	var over []privacy.Day
	for d := range s.known {
		if !liveDay(d, now) {
			over = append(over, d)
		}
	}
	s.mu.Unlock()
	if err := s.destroy(ctx, over...); err != nil {
		return privacy.Secret{}, err
	}
	if !liveDay(day, now) {
		return privacy.Secret{}, fmt.Errorf("day %s: %w", day, privacy.ErrNoSecret)
	}
	if ok {
		return secret, nil
	}
	secret, err := s.read(ctx, day)
	if err != nil {
		return privacy.Secret{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[day] = secret
	return secret, nil
}

// Destroy deletes the secrets of the last days that are over. Repeating it is
// no error.
func (s *Secrets) Destroy(ctx context.Context) error {
	now := s.now()
	var over []privacy.Day
	for day := privacy.DayOf(now); len(over) < 3; day-- {
		if !liveDay(day, now) {
			over = append(over, day)
		}
	}
	return s.destroy(ctx, over...)
}

func (s *Secrets) destroy(ctx context.Context, days ...privacy.Day) error {
	for _, day := range days {
		_, err := s.client.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.table, Key: key(pkSecret(day), self)})
		if err != nil {
			return failure(ctx, "DeleteItem", err)
		}
		s.mu.Lock()
		delete(s.known, day)
		s.mu.Unlock()
	}
	return nil
}

// read returns the day's secret, made if there is none. Whoever writes first
// has made it; a write that failed and happened is found by reading again.
func (s *Secrets) read(ctx context.Context, day privacy.Day) (privacy.Secret, error) {
	for range rounds {
		i, err := s.client.get(ctx, s.table, key(pkSecret(day), self), true)
		if err != nil {
			return privacy.Secret{}, err
		}
		if b, ok := i[attrSecret].(*types.AttributeValueMemberB); ok && len(b.Value) == privacy.SecretSize {
			return privacy.NewSecret([privacy.SecretSize]byte(b.Value)), nil
		} else if i != nil {
			return privacy.Secret{}, errDamaged
		}
		if err := s.create(ctx, day); err != nil {
			return privacy.Secret{}, err
		}
	}
	return privacy.Secret{}, errBusy
}

func (s *Secrets) create(ctx context.Context, day privacy.Day) error {
	random := make([]byte, privacy.SecretSize)
	if _, err := rand.Read(random); err != nil {
		return fmt.Errorf("make the secret of a day: %w", err)
	}
	i := key(pkSecret(day), self)
	i[attrSecret], i[Expiry] = &types.AttributeValueMemberB{Value: random}, expiry(endOf(day))
	absent := "attribute_not_exists(" + Hash + ")"
	_, err := s.client.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: i, ConditionExpression: &absent})
	if conditional(err) {
		return nil
	}
	return failure(ctx, "PutItem", err)
}
