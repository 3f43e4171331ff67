package manage_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"tacet/core/account"
)

// permissionTable returns the table of permissions as the README has it.
func permissionTable() string {
	var b strings.Builder
	b.WriteString("| permission | to")
	for _, r := range account.Roles {
		b.WriteString(" | " + string(r))
	}
	b.WriteString(" |\n|---|---" + strings.Repeat("|:-:", len(account.Roles)) + "|\n")
	for _, p := range account.Permissions() {
		b.WriteString("| `" + string(p.Action) + "` | " + p.What)
		for _, r := range account.Roles {
			b.WriteString(map[bool]string{true: " | ✓", false: " | "}[slices.Contains(p.Roles, r)])
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

func TestTheReadmeHasTheTableOfPermissions(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "\n\n"+permissionTable()+"\n") {
		t.Errorf("the README must have this table:\n%s", permissionTable())
	}
}
