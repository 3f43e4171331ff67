// Package stream feeds a function from a DynamoDB stream, as an event source
// mapping of Lambda does, on one machine.
//
// It promises what Lambda's documentation promises
// (https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html): a shard is read
// in order, and after its parent; one batch of it is under way at a time; a
// batch goes out when it is full, when it has gathered for as long as the
// window, or when it comes to six megabytes; what fails is tried again, from
// the first record that failed if the function says so, in halves if that is
// asked for, until it works, or has been tried often enough, or is too old, and
// is then discarded; records that match none of the filters are not sent at
// all. Events look to the byte like those that Lambda sends, save for what
// DynamoDB Local makes up: its streams are of an account of zeros in the region
// "ddblocal", their sequence numbers are short, and the times of records are
// rounded down to the minute, where DynamoDB rounds to the second.
//
// It promises nothing beyond the process: where it was in a shard is forgotten
// when Run returns. It knows neither parallelisation of a shard, nor tumbling
// windows, nor destinations for what is discarded.
//
// While it was watched for twenty minutes, DynamoDB Local had one shard for each
// stream and closed none; records were there as soon as they were written;
// iterators expired after a quarter of an hour. That shards end and have
// children is tried on a stream in memory.
package stream
