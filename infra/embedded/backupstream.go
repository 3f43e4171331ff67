package embedded

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"strings"
	"time"

	streaming "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// A backup is a line of clear text, "tacet backup " and BackupHeader as JSON,
// and then a stream that is encrypted with AES-256-GCM in segments (tink's
// AES-GCM-HKDF, which binds each to its place, to the line, and the last one to
// the end), under a key derived from that of the folder. The stream is frames:
//
//	kind(1) length(uvarint) content
//
// of the kinds below, the last of which is the trailer.
const (
	entryFrame   = 'e' // of Badger: when it expires (uvarint), length of the key (uvarint), key, value
	fileFrame    = 'f' // of the folder: length of the name (uvarint), name, content
	vaultFrame   = 'v' // a record of the vault, as in its file
	trailerFrame = '.' // backupTrailer as JSON
)

const (
	backupMark    = "tacet backup "
	backupVersion = 1
	maxHeader     = 4 << 10
	maxFrame      = 16 << 20
	segmentSize   = 1 << 20
)

// ErrBackup is why a backup cannot be read. The text around it says more.
var ErrBackup = errors.New("the backup cannot be used")

// BackupHeader is what a backup says of itself to whoever has no key.
type BackupHeader struct {
	Version int       `json:"version"`
	Made    time.Time `json:"made"`
	Vault   bool      `json:"vault"` // whether the vault of data keys is in it
	// Key tells which key opens it, but not the key.
	Key string `json:"key"`
}

// BackupSummary is what is known of a backup that was written, or read to its
// end.
type BackupSummary struct {
	BackupHeader
	Counts map[string]int64 `json:"counts"` // how much of what is in it
	Bytes  int64            `json:"bytes"`  // that were encrypted
	SHA256 string           `json:"sha256"` // of these
}

// backupTrailer ends the stream. It counts what comes before it.
type backupTrailer struct {
	Counts map[string]int64 `json:"counts"`
	Bytes  int64            `json:"bytes"`
	SHA256 string           `json:"sha256"`
}

// derive returns a key for one purpose.
func derive(key []byte, purpose string) []byte {
	derived, err := hkdf.Key(sha256.New, key, nil, purpose, keySize)
	if err != nil {
		panic(err) // only for sizes that are none
	}
	return derived
}

func keyName(key []byte) string {
	return hex.EncodeToString(derive(key, "tacet backup: name of the key")[:8])
}

func backupCipher(key []byte) (*streaming.AESGCMHKDF, error) {
	return streaming.NewAESGCMHKDF(derive(key, "tacet backup: encryption"), "SHA256", keySize, segmentSize, 0)
}

// tally is what went through a stream.
type tally struct {
	counts map[string]int64
	bytes  int64
	hash   hash.Hash
}

func newTally() tally { return tally{counts: map[string]int64{}, hash: sha256.New()} }

func (t *tally) Write(p []byte) (int, error) {
	t.bytes += int64(len(p))
	return t.hash.Write(p)
}

// count counts a frame.
func (t *tally) count(kind byte, content []byte) {
	what := "others"
	switch kind {
	case fileFrame:
		what = "files"
	case vaultFrame:
		what = "vault"
	case entryFrame:
		switch key := entryKeyOf(content); {
		case bytes.HasPrefix(key, ledgerEntries):
			what = "ledger"
		case len(key) > 0 && key[0] == ledgerPrefix:
			return // leads to one that is counted
		case len(key) > 0 && key[0] == directoryPrefix:
			what = "directory"
		case len(key) > 0 && key[0] == telemetryPrefix:
			what = "telemetry"
		case len(key) > 0 && key[0] == rollupPrefix:
			what = "rollups"
		}
	}
	t.counts[what]++
}

func (t *tally) trailer() backupTrailer {
	return backupTrailer{t.counts, t.bytes, hex.EncodeToString(t.hash.Sum(nil))}
}

// backupWriter writes the stream.
type backupWriter struct {
	tally
	out  io.WriteCloser // encrypts
	head []byte
}

func newBackupWriter(w io.Writer, key []byte, h BackupHeader) (*backupWriter, error) {
	line, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode the header of a backup: %w", err)
	}
	line = append(append([]byte(backupMark), line...), '\n')
	if _, err := w.Write(line); err != nil {
		return nil, err
	}
	c, err := backupCipher(key)
	if err != nil {
		return nil, err
	}
	out, err := c.NewEncryptingWriter(w, line)
	return &backupWriter{tally: newTally(), out: out}, err
}

// frame writes a frame whose content is all parts, one after the other.
func (b *backupWriter) frame(kind byte, parts ...[]byte) error {
	content := bytes.Join(parts, nil)
	b.head = binary.AppendUvarint(append(b.head[:0], kind), uint64(len(content)))
	if kind != trailerFrame {
		b.count(kind, content)
		_, _ = b.tally.Write(b.head) // has no error
		_, _ = b.tally.Write(content)
	}
	if _, err := b.out.Write(b.head); err != nil {
		return err
	}
	_, err := b.out.Write(content)
	return err
}

// end writes the trailer, without which what was written is no backup.
func (b *backupWriter) end() (backupTrailer, error) {
	t := b.trailer()
	data, err := json.Marshal(t)
	if err != nil {
		return t, fmt.Errorf("encode the trailer of a backup: %w", err)
	}
	return t, errors.Join(b.frame(trailerFrame, data), b.out.Close())
}

// ReadBackupHeader reads what a backup says of itself. It needs no key, and so
// it cannot tell whether that is true.
func ReadBackupHeader(r io.Reader) (BackupHeader, error) {
	h, _, err := readBackupHeader(bufio.NewReaderSize(r, maxHeader))
	return h, err
}

func readBackupHeader(r *bufio.Reader) (h BackupHeader, line []byte, err error) {
	line, err = r.ReadSlice('\n')
	line = bytes.Clone(line)
	text, ok := strings.CutPrefix(string(line), backupMark)
	if err != nil || !ok || json.Unmarshal([]byte(text), &h) != nil {
		return h, nil, fmt.Errorf("%w: this is no backup of a data folder", ErrBackup)
	}
	if h.Version != backupVersion {
		return h, nil, fmt.Errorf("%w: it was made by another version of this program (its format is %d, known is %d)", ErrBackup, h.Version, backupVersion)
	}
	return h, line, nil
}

// readBackup reads a backup to its end, and calls f for each frame but the
// trailer. What f is given is authentic, and not f's to keep; but only when it
// has returned nil was it all.
func readBackup(r io.Reader, key []byte, f func(kind byte, content []byte) error) (BackupSummary, error) {
	in := bufio.NewReaderSize(r, segmentSize)
	h, line, err := readBackupHeader(in)
	s := BackupSummary{BackupHeader: h}
	if err != nil {
		return s, err
	}
	if h.Key != keyName(key) {
		return s, fmt.Errorf("%w: the backup was made with the key of another folder; put the key file of that folder here", ErrWrongKey)
	}
	c, err := backupCipher(key)
	if err != nil {
		return s, err
	}
	plain, err := c.NewDecryptingReader(in, line)
	if err != nil {
		return s, damagedBackup(err)
	}
	t, err := readFrames(bufio.NewReaderSize(plain, 64<<10), f)
	s.Counts, s.Bytes, s.SHA256 = t.Counts, t.Bytes, t.SHA256
	return s, err
}

func damagedBackup(err error) error {
	return fmt.Errorf("%w: it is damaged, or not all of it is there (%w)", ErrBackup, err)
}

func readFrames(in *bufio.Reader, f func(kind byte, content []byte) error) (backupTrailer, error) {
	t := newTally()
	var content, head []byte
	for {
		kind, err := in.ReadByte()
		if err != nil {
			return backupTrailer{}, damagedBackup(err)
		}
		size, err := binary.ReadUvarint(in)
		if err == nil && size > maxFrame {
			err = errors.New("a frame is too long")
		}
		if err != nil {
			return backupTrailer{}, damagedBackup(err)
		}
		if uint64(cap(content)) < size {
			content = make([]byte, size)
		}
		content = content[:size]
		if _, err := io.ReadFull(in, content); err != nil {
			return backupTrailer{}, damagedBackup(err)
		}
		if kind == trailerFrame {
			return t.ends(content, in)
		}
		head = binary.AppendUvarint(append(head[:0], kind), size)
		_, _ = t.Write(head) // has no error
		_, _ = t.Write(content)
		t.count(kind, content)
		if err := f(kind, content); err != nil {
			return backupTrailer{}, err
		}
	}
}

// ends compares the trailer with what was read, and makes sure that nothing
// comes after it.
func (t *tally) ends(content []byte, in *bufio.Reader) (backupTrailer, error) {
	var said backupTrailer
	seen := t.trailer()
	if json.Unmarshal(content, &said) != nil || said.Bytes != seen.Bytes || said.SHA256 != seen.SHA256 || !maps.Equal(said.Counts, seen.Counts) {
		return seen, damagedBackup(errors.New("its trailer is about something else"))
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return seen, damagedBackup(errors.New("something comes after its trailer"))
	}
	return seen, nil
}

// cut returns the first of data, which stands after its length, and the rest.
func cut(data []byte) (first, rest []byte, err error) {
	size, n := binary.Uvarint(data)
	if n <= 0 || size > uint64(len(data)-n) {
		return nil, nil, damagedBackup(errors.New("a frame is not what it should be"))
	}
	return data[n : n+int(size)], data[n+int(size):], nil
}

// entryKeyOf returns the key in an entry's frame, nil if there is none.
func entryKeyOf(content []byte) []byte {
	_, n := binary.Uvarint(content)
	if n <= 0 {
		return nil
	}
	key, _, _ := cut(content[n:])
	return key
}
