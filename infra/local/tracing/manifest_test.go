package tracing

import (
	"slices"
	"testing"

	"tacet/core/privacy"
)

func TestASpanHoldsWhatTheManifestLists(t *testing.T) {
	class, ok := privacy.Telemetry.Class("trace")
	var listed []string
	for _, a := range class.Attributes {
		listed = append(listed, a.Field)
	}
	keys := slices.Clone(Keys)
	if slices.Sort(keys); !ok || !slices.Equal(keys, slices.Sorted(slices.Values(listed))) {
		t.Errorf("spans hold %q, the manifest lists %q", keys, listed)
	}
}
