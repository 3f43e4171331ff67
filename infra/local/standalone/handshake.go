package standalone

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"tacet/infra/local/socket"
)

// readHandshake returns the WebSocket handshake that b begins with, and how
// long it is; nil if it is not all there, or anything about it is out of the
// ordinary. It takes a part of what net/http takes, and reads that part as
// net/http does: a GET of HTTP/1.1 with one host, no body and no expectations,
// made of visible ASCII. What it does not take is for net/http to judge.
func readHandshake(b []byte) (r *http.Request, n int) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 || !bytes.HasPrefix(b, []byte("GET /")) {
		return nil, 0
	}
	line, rest, _ := strings.Cut(string(b[:end+2]), "\r\n")
	target, ok := strings.CutSuffix(line[len("GET "):], " HTTP/1.1")
	if !ok || !made(target, visible) {
		return nil, 0
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, 0
	}
	header, host, ok := readHeader(rest)
	if !ok || host == "" {
		return nil, 0
	}
	r = &http.Request{
		Method: http.MethodGet, URL: u, RequestURI: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Host: host, Body: http.NoBody,
	}
	if !socket.IsUpgrade(r) {
		return nil, 0
	}
	return r, end + len("\r\n\r\n")
}

// readHeader reads lines that end with a line break each. It is not ok if one
// of them is unusual, or speaks of a body.
func readHeader(lines string) (header http.Header, host string, ok bool) {
	count := strings.Count(lines, "\n")
	header = make(http.Header, count)
	values := make([]string, 0, count) // of all headers, as one allocation
	for lines != "" {
		var line string
		line, lines, _ = strings.Cut(lines, "\r\n")
		name, value, found := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !found || name == "" || !made(name, nameByte) || !made(value, visibleOrBlank) {
			return nil, "", false
		}
		switch name = textproto.CanonicalMIMEHeaderKey(name); name {
		case "Host":
			if host != "" || !made(value, hostByte) {
				return nil, "", false
			}
			host = value
			continue
		case "Content-Length", "Transfer-Encoding", "Trailer", "Expect":
			return nil, "", false
		}
		if before, twice := header[name]; twice {
			header[name] = append(before, value)
			continue
		}
		values = append(values, value)
		header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	// net/http makes Cache-Control of Pragma; browsers send both.
	return header, host, header["Pragma"] == nil || header["Cache-Control"] != nil
}

// made reports whether s consists of bytes of one kind.
func made(s string, of func(byte) bool) bool {
	for i := range len(s) {
		if !of(s[i]) {
			return false
		}
	}
	return true
}

func visible(c byte) bool        { return c > ' ' && c < 0x7f }
func visibleOrBlank(c byte) bool { return c >= ' ' && c < 0x7f || c == '\t' }
func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-'
}
func hostByte(c byte) bool { return nameByte(c) || strings.IndexByte(".:[]", c) >= 0 }
