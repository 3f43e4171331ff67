package doctor

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf16"

	"tacet/core/directory"
	"tacet/infra/canary"
	"tacet/infra/canary/atrest"
	"tacet/infra/embedded"
)

// plant is a marker that was put somewhere, to see whether it is found.
type plant struct {
	in, as string
	sort   string // of the place where it is to be found
	marker canary.Marker
}

// fresh returns the text of a new marker for a place, which will be looked for.
func (x *examination) fresh(sort, in, as string) string {
	m := canary.NewText(canary.Role("planted in " + in))
	x.planted = append(x.planted, plant{in, as, sort, m})
	return m.Text
}

// plantAll puts a marker into each kind of place, each as something else.
func (x *examination) plantAll(ctx context.Context) error {
	err := errors.Join(x.plantFiles(), x.plantAnswers(ctx))
	if x.AWS {
		return errors.Join(err, x.plantItems(ctx))
	}
	return errors.Join(err, x.plantStores(ctx))
}

// appendTo appends to a file that may not be there.
func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func (x *examination) plantFiles() error {
	inLog := base64.StdEncoding.EncodeToString([]byte("x" + x.fresh(sortLog, "a line of the log", "base64")))
	inCrash := utf16.Encode([]rune(x.fresh(sortLog, "crash output", "UTF-16")))
	var wide []byte
	for _, u := range inCrash {
		wide = append(wide, byte(u), byte(u>>8))
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(x.fresh(sortTemporary, "a compressed temporary file", "gzip")))
	err = errors.Join(err, z.Close())
	escaped := ""
	for _, c := range []byte(x.fresh(sortTemporary, "a temporary file", "escaped as in JSON")) {
		escaped += `\u00` + hex.EncodeToString([]byte{c})
	}
	return errors.Join(err,
		appendTo(filepath.Join(x.logs(), "1 stopped by SIGTERM.log"), `{"level":"DEBUG","msg":"planted","v":"`+inLog+"\"}\n"),
		appendTo(filepath.Join(x.logs(), "3 crashed by SIGQUIT.log"), string(wide)),
		appendTo(filepath.Join(x.temporary(), "planted.gz"), "before it "+packed.String()),
		appendTo(filepath.Join(x.temporary(), "planted.txt"), escaped),
		appendTo(filepath.Join(x.temporary(), x.fresh(sortTemporary, "the name of a file", "as it is")), ""),
		appendTo(filepath.Join(x.work(), "core.1"), strings.Repeat("\x00", 4096)+x.fresh(sortWork, "a core file", "as it is")),
		appendTo(filepath.Join(x.data(), "planted"), strings.ToUpper(x.fresh(atrest.File, "a file in the data folder", "upper case"))),
	)
}

// plantAnswers puts markers into what a platform shows and sends.
func (x *examination) plantAnswers(ctx context.Context) error {
	x.metrics["/metrics"] = append(x.metrics["/metrics"], "\nplanted_total{topic=\""+x.fresh(sortMetric, "a metric", "as it is")+"\"} 1\n"...)
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("planted.json")
	if err == nil {
		_, err = w.Write([]byte(x.fresh(sortExport, "a download", "ZIP")))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return err
	}
	x.export = append(x.export, packed.Bytes()...)
	span := "\x0a\x10span" + x.fresh(sortSpan, "a span", "protocol buffers")
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, x.spans.url+"/v1/traces", strings.NewReader(span))
	if err != nil {
		return err
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	return a.Body.Close()
}

// plantStores puts markers into the stores: a record, one that is removed, a
// sealed value, and one that is in a backup only.
func (x *examination) plantStores(ctx context.Context) error {
	d, err := embedded.Open(embedded.Options{Folder: x.data(), Now: time.Now})
	if err != nil {
		return err
	}
	put := func(name string, value []byte) error {
		k := directory.Key{Part: directory.Part{Kind: 'z', ID: "planted"}, Name: name}
		_, err := d.Directory.Apply(ctx, directory.Put(k, value, time.Time{}, directory.Always))
		return err
	}
	k := directory.Key{Part: directory.Part{Kind: 'z', ID: "planted"}, Name: "sealed"}
	sealed, err := atrest.Seal(ctx, d.Vault, x.data(), []byte(x.fresh(atrest.Sealed, "a sealed value", "encrypted with a key of the vault")), k.String())
	if err == nil {
		var text []byte
		if text, err = json.Marshal(map[string]any{"v": sealed}); err == nil {
			err = put("sealed", text)
		}
	}
	gone := directory.Key{Part: k.Part, Name: "gone"}
	err = errors.Join(err,
		put("record", []byte(hex.EncodeToString([]byte(x.fresh(atrest.Record, "an entry of Badger", "hex"))))),
		put("gone", []byte(x.fresh(atrest.Record, "an entry of Badger that was removed", "as it is"))),
	)
	if err == nil {
		_, err = d.Directory.Apply(ctx, directory.Delete(gone, directory.Always))
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return err
	}
	return x.plantBackup(ctx)
}

// plantBackup puts a marker into a backup, and nowhere else.
func (x *examination) plantBackup(ctx context.Context) error {
	folder := filepath.Join(x.scratch(), "planted")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(x.data(), "key"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "key"), key, 0o600); err != nil {
		return err
	}
	d, err := embedded.Open(embedded.Options{Folder: folder, Now: time.Now})
	if err != nil {
		return err
	}
	k := directory.Key{Part: directory.Part{Kind: 'z', ID: "planted"}, Name: "backup"}
	_, err = d.Directory.Apply(ctx, directory.Put(k, []byte(x.fresh(atrest.Backup, "a backup", "encrypted")), time.Time{}, directory.Always))
	var out bytes.Buffer
	if err == nil {
		_, err = d.Backup(ctx, &out, embedded.BackupOptions{})
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return err
	}
	x.backups = append(x.backups, filepath.Join(x.scratch(), "planted.backup"))
	return os.WriteFile(x.backups[len(x.backups)-1], out.Bytes(), 0o600)
}
