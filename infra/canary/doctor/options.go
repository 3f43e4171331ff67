package doctor

import (
	"time"
)

// Options say what to examine.
type Options struct {
	// Program is the executable that is run as `tacet run`.
	Program string
	// AWS runs the platform in the shape that it has on AWS, with DynamoDB Local.
	AWS bool
	// Plant puts markers into each kind of place before it is searched.
	Plant bool
	// Below is the folder below which everything is done; "" is that of
	// temporary files. Keep leaves it there.
	Below string
	Keep  bool
	// Tell is told of each step that begins. Nil tells nobody.
	Tell func(step string)
	// Around is for tests: it is given where a platform listens, and returns
	// where to connect instead.
	Around func(address, data string) (string, error)
}

func (o *Options) tell(step string) {
	if o.Tell != nil {
		o.Tell(step)
	}
}

const (
	// starting is how long a platform may take to listen, startingAWS with
	// functions that have to be built.
	starting    = 30 * time.Second
	startingAWS = 3 * time.Minute
	// ending is how long one may take to end after a signal.
	ending = 15 * time.Second
)
