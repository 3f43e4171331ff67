package manage

import (
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"tacet/infra/httpapi/door"
)

// Sample has members of all sorts that bodies have.
type Sample struct {
	Name  string         `json:"name" minLength:"1" maxLength:"5"`
	Kind  string         `json:"kind,omitzero" enum:"client,admin"`
	Form  string         `json:"form,omitzero" pattern:"^[0-9]*$"`
	Many  []string       `json:"many,omitzero"`
	Count int            `json:"count,omitzero" minimum:"0" maximum:"9"`
	On    *bool          `json:"on,omitempty"`
	At    time.Time      `json:"at,omitzero"`
	Deep  *Sample        `json:"deep,omitempty"`
	Patch change[string] `json:"patch,omitzero"`
}

// Decode reads a body, and writes again what was read.
func Decode(body string) (string, error) {
	var v Sample
	if err := decode([]byte(body), &v); err != nil {
		return "", err
	}
	again, err := json.Marshal(v)
	return string(again), err
}

// MaxBuckets is how many buckets are remembered at least.
const MaxBuckets = maxBuckets

// DecodeBody reads a body as the operation with this id does.
func DecodeBody(id, body string) error {
	s := &server{door: door.New(door.Config{})}
	s.route()
	t, ok := s.bodies[id]
	if !ok {
		return errors.New("the operation takes no body")
	}
	return decode([]byte(body), reflect.New(t).Interface())
}

// CheckPatterns returns the parameters whose form no example has, or nothing
// can have.
func CheckPatterns() (bad []string) {
	for name, k := range kinds {
		if form := forms(name); k.example != "" && !form.MatchString(k.example) {
			bad = append(bad, name)
		}
	}
	return bad
}
