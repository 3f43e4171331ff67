package apiclient

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// readManifest returns what the manifest of a ZIP says: all of it, and of the
// files.
func readManifest(in *zip.Reader) (facts map[string]json.RawMessage, m manifest, err error) {
	file, err := in.Open(manifestName)
	if err != nil {
		return nil, m, errors.New("the download has no " + manifestName + ", which says what must be in it")
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxBody))
	if err == nil {
		err = errors.Join(json.Unmarshal(text, &facts), json.Unmarshal(text, &m))
	}
	if err != nil {
		return nil, m, fmt.Errorf("the %s of the download cannot be read: %w", manifestName, err)
	}
	return facts, m, nil
}

// verify returns nil if a ZIP holds what its manifest says and nothing else.
func verify(in *zip.Reader, m manifest) error {
	if len(in.File) != len(m.Files)+1 {
		return fmt.Errorf("the download has %d files, and its manifest names %d", len(in.File)-1, len(m.Files))
	}
	seen := map[string]bool{manifestName: true}
	for _, f := range m.Files {
		if seen[f.Name] || !fs.ValidPath(f.Name) {
			return fmt.Errorf("the manifest of the download names a file %q, which cannot be", f.Name)
		}
		seen[f.Name] = true
		file, err := in.Open(f.Name)
		if err != nil {
			return fmt.Errorf("%s is missing from the download", f.Name)
		}
		hash := sha256.New()
		n, err := io.Copy(hash, io.LimitReader(file, f.Bytes+1))
		if err = errors.Join(err, file.Close()); err != nil || n != f.Bytes || hex.EncodeToString(hash.Sum(nil)) != f.SHA256 {
			return fmt.Errorf("%s is not what the manifest of the download says", f.Name)
		}
	}
	return nil
}
