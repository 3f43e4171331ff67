package scenario

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// apiVerbs is what a backend does over HTTP.
var apiVerbs = map[string]verb{
	"may": apiMay, "publishes": apiPublishes,
	"gets": apiCalls(http.MethodGet), "posts": apiCalls(http.MethodPost), "deletes": apiCalls(http.MethodDelete),
	"answers": apiAnswers,
}

// answer is what the API said last.
type answer struct {
	status int
	kind   string // Content-Type
	body   string
}

func (a answer) String() string { return fmt.Sprintf("%d %s %s", a.status, a.kind, a.body) }

func apiMay(r *reader, _ string) action {
	words := r.optionWords()
	return func(p *player) error {
		p.mayCall = words
		return nil
	}
}

func apiPublishes(r *reader, _ string) action {
	topic, message := r.word("a topic"), r.word("a message")
	more := ""
	for r.more() {
		switch {
		case r.take("as"):
			more += `,"messageType":` + quote(r.word("a message type"))
		case r.take("id"):
			more += `,"id":` + quote(r.word("an id"))
		case r.take("compressed"):
			more += `,"compress":true`
		default:
			r.fail("nobody publishes %s", r.words[0].text)
		}
	}
	return func(p *player) error {
		return p.call(http.MethodPost, "/api/topics/$app/publish", `{"topic":`+quote(topic)+`,"message":`+message+more+`}`)
	}
}

func apiCalls(method string) verb {
	return func(r *reader, _ string) action {
		path, body := r.word("a path"), ""
		if r.more() {
			body = r.rest()
		}
		return func(p *player) error { return p.call(method, path, body) }
	}
}

// call calls the API as backends do: with a Content-Type also where there is
// no body.
func (p *player) call(method, path, body string) error {
	if p.answer != nil {
		return errors.New("nobody looked at the answer before")
	}
	path, err := p.expand(path)
	if err != nil {
		return err
	}
	if body, err = p.expand(body); err != nil {
		return err
	}
	request, err := http.NewRequest(method, p.place.HTTP+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	o, err := p.options(p.mayCall)
	if err != nil {
		return err
	}
	token, err := p.token(o, "backend", true)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	p.transcript.said("api", "→", method+" "+path+" "+body)
	response, err := p.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	p.answer = &answer{response.StatusCode, response.Header.Get("Content-Type"), strings.TrimSpace(string(text))}
	p.transcript.said("api", "←", p.answer.String())
	return nil
}

// apiAnswers reads the status, and the body if it matters.
func apiAnswers(r *reader, _ string) action {
	status, want := r.number("the HTTP status"), ""
	if r.more() {
		want = r.rest()
	}
	return func(p *player) error {
		a := p.answer
		if a == nil {
			return errors.New("nobody asked the API")
		}
		p.answer = nil
		if a.status != status {
			return fmt.Errorf("it answered %s", a)
		}
		if status >= 400 {
			if err := a.problem(); err != nil {
				return err
			}
		}
		if want == "" {
			return nil
		}
		text, err := p.expand(want)
		if err != nil {
			return err
		}
		return matches(text, a.body)
	}
}

// problem returns nil if the answer is a problem document (RFC 9457).
func (a answer) problem() error {
	if a.kind != "application/problem+json" {
		return fmt.Errorf("a refusal should be a problem document: %s", a)
	}
	return matches(fmt.Sprintf(`{"type":"$any","title":"$any","status":%d,"detail":"$any","code":"$any", ...}`, a.status), a.body)
}
