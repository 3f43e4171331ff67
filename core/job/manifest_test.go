package job_test

import (
	"reflect"
	"testing"

	"tacet/core/job"
	"tacet/core/privacy/privacytest"
)

func TestAJobHoldsWhatTheManifestLists(t *testing.T) {
	privacytest.Class(t, "job", privacytest.Form{Of: reflect.TypeFor[job.Job](), Unsaid: []string{"with"}})
}
