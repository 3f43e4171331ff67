package doctor_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"tacet/infra/canary/doctor"
	"tacet/infra/local/dynamodb"
)

// With a marker planted in each kind of place, in the shape that the platform
// has on AWS: each is found, and nothing else, so nothing that was sent.
func TestInTheShapeOnAWSWhatIsPlantedIsFoundAndNothingElse(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs a platform")
	}
	if _, err := dynamodb.Find("."); errors.Is(err, dynamodb.ErrNotFound) {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	report, err := doctor.Examine(ctx, doctor.Options{Program: program, AWS: true, Plant: true, Below: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range report.Found {
		t.Errorf("found the %s in %s: %s, as %s", h.Role, h.Sort, h.Name, h.Form)
	}
	for _, p := range report.Problems {
		t.Error(p)
	}
	if !report.Healthy || len(report.Planted) < 12 {
		t.Errorf("healthy: %v, %d planted", report.Healthy, len(report.Planted))
	}
}
