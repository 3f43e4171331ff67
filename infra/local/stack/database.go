package stack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"

	"tacet/infra/dynamo"
	"tacet/infra/local/apihost"
	"tacet/infra/local/dynamodb"
	"tacet/infra/local/guard"
	"tacet/infra/local/kms"
	"tacet/infra/local/site"
	"tacet/infra/local/template"
)

// startDynamoDB starts DynamoDB Local, or takes one that runs.
func (s *Stack) startDynamoDB(ctx context.Context) error {
	if s.opts.AWS.RunsAlready() {
		s.endpoint = s.opts.AWS.DynamoDB
		return nil
	}
	o := dynamodb.Options{Folder: s.opts.AWS.DynamoDB, Apart: true}
	if o.Folder == "" {
		var err error
		if o.Folder, err = dynamodb.Find("."); err != nil {
			return err
		}
	}
	if s.folder != "" {
		o.Data = filepath.Join(string(s.folder), "dynamodb")
	}
	defer s.opts.Step("starting DynamoDB Local")()
	var err error
	if s.local, err = dynamodb.Start(ctx, o); err != nil {
		return err
	}
	s.endpoint = s.local.Endpoint
	go func() {
		<-s.local.Ended()
		s.fail(errDynamoDBEnded) // nobody listens any more when it was stopped
	}()
	return nil
}

// makeTables makes the template's tables, as far as they are not there.
func (s *Stack) makeTables(ctx context.Context, d site.Development) error {
	s.owner = owner(d)
	if s.local == nil {
		s.owner = apihost.Caller // it is for others to look into, too
	}
	tables := dynamodb.TablesOf(s.endpoint, s.template.Region, s.owner)
	there, err := tables.Names(ctx)
	if err != nil {
		return fmt.Errorf("DynamoDB does not answer at %s: %w", s.endpoint, err)
	}
	for _, t := range s.template.Tables {
		if err := t.Problems.Err(); err != nil {
			return fmt.Errorf("table %s: %w", t.ID, err)
		}
		if !slices.Contains(there, t.Name) {
			if err := tables.Create(ctx, apihost.Table(t)); err != nil {
				return err
			}
		}
	}
	s.database = dynamo.NewClient(dynamo.Options{
		Region: s.template.Region, Endpoint: s.endpoint, Credentials: dynamo.Credentials{ID: s.owner, Secret: "none"},
	})
	return nil
}

// owner returns the access key id that tables are kept under. DynamoDB Local
// listens on all interfaces and asks for nothing else, and in the tables are the
// keys that tokens are checked with: so it is as secret as they are, and the
// same whenever the folder is.
func owner(d site.Development) string {
	id := derived(d, "the owner of tables in DynamoDB Local")
	return hex.EncodeToString(id[:16])
}

// derived returns a secret that is the same whenever the folder is, for one
// purpose.
func derived(d site.Development, purpose string) (secret [sha256.Size]byte) {
	h := hmac.New(sha256.New, []byte(d.AdminKey.Secret.Reveal()))
	h.Write([]byte(purpose))
	h.Sum(secret[:0])
	return secret
}

// KMS returns what stands in for KMS where a platform has this development
// application: it unwraps what is in the platform's vault, also when that does
// not run.
func KMS(d site.Development) *kms.KMS { return kms.New(derived(d, "the keys of KMS")) }

// guarded is what the guard has to know of the tables.
func guarded(tables []*template.Table) map[string]guard.Table {
	all := map[string]guard.Table{}
	for _, t := range tables {
		g := guard.Table{Hash: t.Key.Hash.Name, Indexes: map[string]string{}}
		for _, x := range t.Indexes {
			g.Indexes[x.Name] = x.Key.Hash.Name
		}
		all[t.Name] = g
	}
	return all
}
