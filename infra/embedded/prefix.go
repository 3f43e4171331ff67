package embedded

import (
	"encoding/hex"

	"tacet/core/app"
)

// What keys begin with. See the package comment.
const (
	appPrefix       = 'a'
	directoryPrefix = 'd'
	ledgerPrefix    = 'l'
	latePrefix      = 'n'
	rollupPrefix    = 'r'
	telemetryPrefix = 't'
)

// keyOf returns where what belongs to an application begins.
func keyOf(prefix byte, id app.ID) ([]byte, error) {
	if _, err := app.ParseID(string(id)); err != nil {
		return nil, err
	}
	return hex.AppendDecode([]byte{prefix}, []byte(id))
}
