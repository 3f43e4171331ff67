package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
)

// page is a part of a list.
type page struct {
	Items []json.RawMessage `json:"items"`
	Next  string            `json:"next"`
}

// into reads a page. A list that has no pages is an array.
func (p *page) into(answer *Answer) error {
	if bytes.HasPrefix(bytes.TrimSpace(answer.Body), []byte{'['}) {
		return answer.Into(&p.Items)
	}
	return answer.Into(p)
}

// List returns the items of a list, page by page, as the server wrote them. An
// error is the last that comes.
func (c *Client) List(ctx context.Context, path string, query url.Values) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		query := maps.Clone(query)
		if query == nil {
			query = url.Values{}
		}
		for {
			var p page
			answer, err := c.Do(ctx, Request{Method: http.MethodGet, Path: path, Query: query})
			if err == nil {
				err = p.into(answer)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			if p.Next == "" || p.Next == query.Get("cursor") {
				return
			}
			query.Set("cursor", p.Next)
		}
	}
}

// Collect returns the items of a list, decoded; all of them if most is zero.
func Collect[T any](items iter.Seq2[json.RawMessage, error], most int) ([]T, error) {
	all := []T{}
	for raw, err := range items {
		if err != nil {
			return nil, err
		}
		var one T
		if err := (&Answer{Status: http.StatusOK, Body: raw}).Into(&one); err != nil {
			return nil, err
		}
		if all = append(all, one); len(all) == most {
			break
		}
	}
	return all, nil
}
