package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors is what each package may import of this module and, for the domain,
// what it may not import of others. A package that is not here fails the test.
var floors = map[string]struct {
	may   []string
	never []string
}{
	"internal/seal":        {},
	"internal/password":    {},
	"internal/openid":      {},
	"internal/passkey":     {},
	"internal/sigv4":       {},
	"internal/metrics":     {},
	"internal/spool":       {},
	"internal/docs":        {},
	"internal/config":      {never: []string{"github.com/labstack/echo", "database/sql"}},
	"static":               {},
	"internal/oncall":      {never: []string{"github.com/labstack/echo", "net/http", "database/sql", "github.com/a-h/templ"}},
	"views":                {may: []string{"internal/oncall", "static"}, never: []string{"github.com/labstack/echo", "database/sql"}},
	"db":                   {may: []string{"internal/oncall", "internal/seal"}, never: []string{"github.com/labstack/echo", "net/http", "github.com/a-h/templ"}},
	"handlers":             {may: []string{"internal/docs", "internal/oncall", "internal/openid", "internal/passkey", "internal/spool", "views"}, never: []string{"database/sql"}},
	"handlers/awsapi":      {may: []string{"handlers/awsapi/wire", "internal/oncall", "internal/sigv4"}, never: []string{"database/sql", "github.com/a-h/templ"}},
	"handlers/awsapi/wire": {never: []string{"github.com/labstack/echo", "net/http"}},
	"internal/delivery":    {may: []string{"internal/oncall"}, never: []string{"github.com/labstack/echo", "database/sql"}},
	"web":                  {may: []string{"handlers", "handlers/awsapi", "internal/metrics", "views", "static", "internal/oncall"}, never: []string{"database/sql"}},
	"cmd/callbook":         {may: []string{"web", "handlers", "handlers/awsapi", "internal/metrics", "views", "db", "internal/oncall", "internal/config", "internal/delivery", "internal/docs", "internal/openid", "internal/passkey", "internal/password", "internal/seal", "internal/spool"}},

	// Beside the house: tests' own tools and the benchmark know what they need.
	"db/dbtest":                      {may: []string{"internal/oncall"}},
	"db/dbtest/ceiling":              {},
	"db/oncalltest":                  {may: []string{"internal/oncall", "db"}},
	"internal/delivery/deliverytest": {may: []string{"internal/oncall"}},
	"internal/openid/openidtest":     {may: []string{"internal/openid"}},
	"internal/passkey/passkeytest":   {},
	"cmd/bench":                      {may: []string{"db", "db/dbtest/ceiling", "handlers", "internal/delivery", "internal/oncall", "web"}},
	"internal/packaging":             {},
}

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Imports    []string
}

// trespasses returns every import that goes up or sideways.
func trespasses(packages []listed) []string {
	var found []string
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, "callbook/")
		floor, known := floors[name]
		if !known {
			found = append(found, name+" has no floor")
			continue
		}
		for _, imported := range p.Imports {
			own, ours := strings.CutPrefix(imported, "callbook/")
			if ours && !slices.Contains(floor.may, own) {
				found = append(found, name+" → "+own)
			}
			for _, never := range floor.never {
				if imported == never || strings.HasPrefix(imported, never+"/") {
					found = append(found, name+" → "+imported)
				}
			}
		}
	}
	return found
}

func TestImportsOnlyGoDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "callbook/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) != len(floors) {
		t.Errorf("%d packages, %d floors", len(packages), len(floors))
	}
	if found := trespasses(packages); len(found) > 0 {
		t.Errorf("imports that the architecture forbids:\n%s", strings.Join(found, "\n"))
	}
}

func TestPlantedImportsAreFound(t *testing.T) {
	planted := []listed{
		{"callbook/handlers", []string{"callbook/db"}},
		{"callbook/internal/oncall", []string{"net/http"}},
		{"callbook/internal/oncall", []string{"github.com/a-h/templ"}},
		{"callbook/views", []string{"github.com/labstack/echo/v4"}},
		{"callbook/internal/helpers", nil},
	}
	if found := trespasses(planted); len(found) != len(planted) {
		t.Errorf("found %v of %d", found, len(planted))
	}
}
