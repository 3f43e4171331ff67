package dynamo

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/topic"
	"tacet/core/wire"
)

// See the package comment for what lies where. What a partition key begins
// with is its kind, so that rights can be given by leading key.
const (
	self   = "."  // the sort key of an item that is alone, or the first of its partition
	topics = "t#" // what the sort key of a connection's topic begins with
	// sep stands before a connection's id in a sort key. Neither topics nor
	// subjects nor ids hold it: they are checked to be printable.
	sep = "\n"
)

// item is an item as the SDK has it, or the key of one.
type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func num(n int) types.AttributeValue { return &types.AttributeValueMemberN{Value: strconv.Itoa(n)} }

func key(pk, sk string) item { return item{Hash: str(pk), Range: str(sk)} }

func pkConnection(id wire.ConnID) string { return "c#" + string(id) }

// pkMembers is where the connections of an application are listed whose
// subjects belong to a part of it.
func pkMembers(of app.ID, part int) string { return "m#" + string(of) + "#" + strconv.Itoa(part) }

// pkSubscribers is where subscribers of the topics in a bucket are listed, as
// far as they belong to a shard of them.
func pkSubscribers(of app.ID, bucket, shard int) string {
	return "t#" + string(of) + "#" + strconv.Itoa(bucket) + "#" + strconv.Itoa(shard)
}

func pkSecret(day privacy.Day) string { return "k#" + day.String() }

func pkEvents(of app.ID, part int) string { return "e#" + string(of) + "#" + strconv.Itoa(part) }

// pkRollups is where the rollups of a part of an application's events lie.
func pkRollups(of app.ID, part int) string { return "r#" + string(of) + "#" + strconv.Itoa(part) }

// partOf is the part of an application's members that a subject belongs to:
// all its connections lie together, so that one query finds them.
func partOf(who grant.Subject) int { return topic.Spread(string(who), topic.Main.Shards()) }

// buckets is how many groups an application's topics are in. It multiplies
// what all its topics together can take, and what listing them costs.
const buckets = 4

func bucketOf(n topic.Name) int { return topic.Spread(string(n), buckets) }

func memberKey(of app.ID, who grant.Subject, id wire.ConnID) item {
	return key(pkMembers(of, partOf(who)), string(who)+sep+string(id))
}

func subscriberKey(of app.ID, n topic.Name, id wire.ConnID) item {
	return key(pkSubscribers(of, bucketOf(n), n.Shard(string(id))), string(n)+sep+string(id))
}

func topicKey(id wire.ConnID, n topic.Name) item {
	return key(pkConnection(id), topics+string(n))
}

// idIn returns the connection's id at the end of a sort key.
func idIn(sk string) wire.ConnID { return wire.ConnID(sk[strings.LastIndex(sk, sep)+1:]) }
