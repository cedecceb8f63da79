package main

import (
	"strings"
	"testing"

	"callbook/db"
)

func TestFindingIsALineForEachProblem(t *testing.T) {
	for want, f := range map[string]db.Finding{
		"ok     references\n":                        {About: "references", Count: -1},
		"ok     addresses, 3\n":                      {About: "addresses", Count: 3},
		"ok     addresses, 3 (2 are old)\n":          {About: "addresses", Count: 3, Note: "2 are old"},
		"WRONG  roles: one\nWRONG  roles: another\n": {About: "roles", Count: 3, Problems: []string{"one", "another"}},
	} {
		var out strings.Builder
		if err := showFinding(&out, f); err != nil || out.String() != want {
			t.Errorf("%+v: got %q, %v, want %q", f, out.String(), err, want)
		}
	}
}
