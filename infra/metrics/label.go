package metrics

import (
	"slices"
	"strconv"

	"tacet/core/wire"
)

// Other stands for whatever is not in a closed list.
const Other = "other"

// verbs are the types of frames; the last stands for those that are none.
var verbs = []wire.Type{
	wire.TypeSubscribe, wire.TypeUnsubscribe, wire.TypePublish, wire.TypeMessage, wire.TypeAuthenticate, wire.TypePing, Other,
}

// codes are the labels of how something was answered: "0" if well, else the
// number of the catalogue; the last stands for all others.
var codes = func() []string {
	all := []string{"0"}
	for _, e := range wire.Catalogue {
		all = append(all, strconv.Itoa(int(e.Code)))
	}
	return append(all, Other)
}()

// The numbers of our own lie between these.
const (
	firstCode = 4000
	pastCodes = 4512
)

// places is where in codes a number stands.
var places = func() (at [pastCodes - firstCode]uint8) {
	for i := range at {
		at[i] = uint8(slices.Index(codes, Other))
		if k := slices.Index(codes, strconv.Itoa(firstCode+i)); k >= 0 {
			at[i] = uint8(k)
		}
	}
	return at
}()

func placeOfCode(c wire.Code) int {
	switch {
	case c == 0:
		return 0
	case c >= firstCode && c < pastCodes:
		return int(places[c-firstCode])
	}
	return len(codes) - 1
}

func placeOfVerb(t wire.Type) int {
	for i, v := range verbs {
		if v == t {
			return i
		}
	}
	return len(verbs) - 1
}

// Verbs and Codes return all labels that there can be.
func Verbs() (all []string) {
	for _, v := range verbs {
		all = append(all, string(v))
	}
	return all
}

// Codes returns the labels of how something was answered.
func Codes() []string { return slices.Clone(codes) }
