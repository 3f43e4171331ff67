package canary_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"tacet/infra/canary"
)

// found returns the roles that are found in what was written.
func found(t *testing.T, markers []canary.Marker, text []byte) []canary.Role {
	t.Helper()
	s := canary.NewSearcher(markers)
	s.Bytes(canary.Place{Sort: "test", Name: t.Name()}, text)
	var roles []canary.Role
	for _, h := range s.Hits() {
		roles = append(roles, h.Role)
	}
	return roles
}

// ways are what may become of a text.
var ways = map[string]func(string) string{
	"as it is":        func(s string) string { return s },
	"in upper case":   strings.ToUpper,
	"in lower case":   strings.ToLower,
	"its first half":  func(s string) string { return s[:12] },
	"its second half": func(s string) string { return s[12:24] },
	"backwards": func(s string) string {
		b := []byte(s)
		slices.Reverse(b)
		return string(b)
	},
	"in a frame in a JSON string": func(s string) string {
		inner, _ := json.Marshal(map[string]string{"payload": s})
		outer, _ := json.Marshal(map[string]string{"body": string(inner)})
		return string(outer)
	},
	"escaped as in JSON":  func(s string) string { return perByte(s, `\u%04X`) },
	"escaped as in a URL": func(s string) string { return perByte(s, "%%%02X") },
	"in a query":          url.QueryEscape,
	"base64":              func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, one further": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(`"` + s + `"`)) },
	"base64, two further": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(`{"` + s + `"}`)) },
	"base64 of a token": func(s string) string {
		return "eyJ." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"`+s+`"}`)) + ".x"
	},
	"base64 of base64":     func(s string) string { return base64of(base64of(strings.Repeat("{", 50) + s)) },
	"hex":                  func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":                  func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"hexdump":              func(s string) string { return perByte(s, "%02x ") },
	"as Go prints bytes":   func(s string) string { return fmt.Sprint([]byte(s)) },
	"as Go quotes bytes":   func(s string) string { return fmt.Sprintf("%#v", []byte(s)) },
	"a JSON list of bytes": func(s string) string { return strings.ReplaceAll(fmt.Sprint([]byte(s)), " ", ",") },
	"UTF-16LE":             func(s string) string { return perByte(s, "%c\x00") },
	"UTF-16BE":             func(s string) string { return perByte(s, "\x00%c") },
	"gzip": func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	},
	"zlib": func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	},
	"zlib, best": func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser { z, _ := zlib.NewWriterLevel(w, 9); return z })
	},
	"zstd": func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z })
	},
	"snappy": func(s string) string {
		return packed(s, func(w io.Writer) io.WriteCloser { return s2.NewWriter(w, s2.WriterSnappyCompat()) })
	},
	"ZIP":                      zipped,
	"gzip, cut off":            func(s string) string { z := packed(s+strings.Repeat("x y z", 1000), gzipped); return z[:len(z)-9] },
	"gzip in base64":           func(s string) string { return base64of(packed(s, gzipped)) },
	"gzip in gzip":             func(s string) string { return packed(packed(s, gzipped), gzipped) },
	"gzip in a ZIP":            func(s string) string { return zipped(packed(s, gzipped)) },
	"gzip in base64 in a JSON": func(s string) string { return `{"awslogs":{"data":"` + base64of(packed(s, gzipped)) + `"}}` },
}

func gzipped(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func base64of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func perByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func packed(s string, with func(io.Writer) io.WriteCloser) string {
	var b bytes.Buffer
	w := with(&b)
	_, _ = io.WriteString(w, "before, "+s+", after")
	_ = w.Close()
	return b.String()
}

func zipped(s string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create("a.json")
	_, _ = io.WriteString(w, s)
	_ = z.Close()
	return b.String()
}

func TestATextIsFoundWhateverBecameOfIt(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			m, other := canary.NewText(canary.Payload), canary.NewText(canary.Claim)
			text := "before it " + way(m.Text) + " and after"
			if got := found(t, []canary.Marker{m, other}, []byte(text)); !slices.Equal(got, []canary.Role{canary.Payload}) {
				t.Errorf("found %v", got)
			}
		})
	}
}

func TestAnAddressIsFoundHoweverItIsWritten(t *testing.T) {
	four, six := canary.NewAddr4(canary.Address4), canary.NewAddr6(canary.Address6)
	a4, a16 := four.Addr.As4(), six.Addr.As16()
	mapped := netip.AddrFrom16(four.Addr.As16())
	for name, text := range map[string]string{
		"dotted": four.Addr.String(), "in an X-Forwarded-For": "10.0.0.1, " + four.Addr.String(), "mapped": mapped.String(), "with a port": four.Addr.String() + ":1234",
		"mapped, in hex": fmt.Sprintf("::ffff:%x:%x", binary.BigEndian.Uint16(a4[:]), binary.BigEndian.Uint16(a4[2:])),
		"a number":       fmt.Sprint(binary.BigEndian.Uint32(a4[:])), "hex": fmt.Sprintf("%x", a4), "HEX": fmt.Sprintf("%X", a4), "bits": string(a4[:]),
		"as Go prints bytes": fmt.Sprint(a4[:]), "base64": base64of(`{"ip":"` + four.Addr.String() + `"}`), "in sixteen bytes": string(mapped.AsSlice()),
		"MD5": fmt.Sprintf("%x", md5.Sum([]byte(four.Addr.String()))), "SHA-256": fmt.Sprintf("%x", sha256.Sum256([]byte(four.Addr.String()))),
	} {
		if got := found(t, []canary.Marker{four, six}, []byte("a "+text+" z")); !slices.Equal(got, []canary.Role{canary.Address4}) {
			t.Errorf("IPv4, %s: found %v", name, got)
		}
	}
	for name, text := range map[string]string{
		"compressed": six.Addr.String(), "expanded": strings.ToUpper(six.Addr.StringExpanded()), "bits": string(a16[:]), "hex": fmt.Sprintf("%x", a16),
		"with a zone": six.Addr.WithZone("eth0").String(), "base64 of bits": base64of("xx" + string(a16[:])), "the host's network": six.Addr.StringExpanded()[:25] + "/80",
	} {
		if got := found(t, []canary.Marker{four, six}, []byte("a "+text+" z")); !slices.Equal(got, []canary.Role{canary.Address6}) {
			t.Errorf("IPv6, %s: found %v", name, got)
		}
	}
}

// What the platform keeps of an address is no address.
func TestANetworkIsNoAddress(t *testing.T) {
	four, six := canary.NewAddr4(canary.Address4), canary.NewAddr6(canary.Address6)
	p4, _ := four.Addr.Prefix(24)
	p6, _ := six.Addr.Prefix(48)
	if got := found(t, []canary.Marker{four, six}, []byte(p4.String()+" "+p6.String())); got != nil {
		t.Errorf("found %v", got)
	}
}

func TestAMailAddressIsFoundByItsHash(t *testing.T) {
	m := canary.NewSet()[canary.Email]
	for _, text := range []string{m.Text, strings.ToUpper(m.Text), url.QueryEscape(m.Text), fmt.Sprintf("%x", sha256.Sum256([]byte(m.Text)))} {
		if got := found(t, []canary.Marker{m}, []byte(text)); len(got) != 1 {
			t.Errorf("%s: found %v", text, got)
		}
	}
}

func TestNothingIsFoundWhereNothingIs(t *testing.T) {
	noise := make([]byte, 8<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < len(noise); i += 8 {
		binary.LittleEndian.PutUint64(noise[i:], r.Uint64())
	}
	s := canary.NewSearcher(canary.NewSet().All())
	s.Bytes(canary.Place{Sort: "test", Noise: true}, noise)
	s.Text(canary.Place{Sort: "test"}, strings.Repeat("a perfectly ordinary line of a log, at 203.0.113.0/24\n", 1000))
	if hits := s.Hits(); hits != nil {
		t.Errorf("found %+v", hits)
	}
}

// Where a piece ends must not matter.
func TestAMarkerIsFoundAcrossPieces(t *testing.T) {
	m := canary.NewText(canary.Payload)
	const window = 3 * canary.Overlap
	for at := window - 30; at < window+5; at++ {
		s := canary.NewSearcher([]canary.Marker{m})
		s.SetWindow(window)
		text := strings.Repeat("-", at) + m.Text + strings.Repeat("-", 2*window)
		if err := s.Reader(canary.Place{Sort: "test", Name: "stream"}, iotest.HalfReader(strings.NewReader(text))); err != nil {
			t.Fatal(err)
		}
		hits := s.Hits()
		if len(hits) != 1 || hits[0].Offset != int64(at) || hits[0].Form != "as it is" {
			t.Fatalf("at %d: %+v", at, hits)
		}
		if searched := s.Searched(); searched[0].Bytes != int64(len(text)) || searched[0].Places != 1 {
			t.Fatalf("%+v", searched)
		}
	}
}

func TestAHitIsDeclaredOnlyWhereItIsDeclared(t *testing.T) {
	m := canary.NewText(canary.Email)
	s := canary.NewSearcher([]canary.Marker{m}, canary.Declaration{Sort: "sealed", Within: "o#", Roles: []canary.Role{canary.Email}, Because: "it is sealed"})
	for _, p := range []canary.Place{{Sort: "sealed", Name: "o#1"}, {Sort: "sealed", Name: "p#1"}, {Sort: "clear", Name: "o#1"}} {
		s.Text(p, m.Text)
	}
	var declared []string
	for _, h := range s.Hits() {
		if h.Declared != "" {
			declared = append(declared, h.Sort+" "+h.Name)
		}
	}
	if !slices.Equal(declared, []string{"sealed o#1"}) {
		t.Errorf("declared: %v", declared)
	}
}

func TestFilesAreSearchedWithTheirNames(t *testing.T) {
	m, n := canary.NewText(canary.Payload), canary.NewText(canary.FileName)
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"below/" + n.Text: "", "below/file": "x" + m.Text, "skipped": m.Text} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := canary.NewSearcher([]canary.Marker{m, n})
	if err := s.Files("file", folder, false, func(path string) bool { return path == "skipped" }); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range s.Hits() {
		got = append(got, string(h.Role)+" in "+h.Name)
	}
	if want := []string{"payload in below/file", "name of a file in name of below/" + n.Text}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzNothingThatIsOpenedEndsTheSearch(f *testing.F) {
	for _, way := range ways {
		f.Add([]byte(way("abcdefghijklmnopqrstuvwxyz")))
	}
	s := canary.NewSearcher(canary.NewSet().All())
	f.Fuzz(func(t *testing.T, data []byte) {
		s.Bytes(canary.Place{Sort: "test"}, data)
		if s.Hits() != nil {
			t.Error("found what nobody has put there")
		}
	})
}
