package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The rooms by their floors. A room stands on those of the floors below, and a door on all.
var (
	ground   = []string{"internal/oncall", "internal/access"}
	first    = slices.Concat(ground, []string{"internal/outbox"})
	second   = slices.Concat(first, []string{"internal/contacts"})
	allRooms = slices.Concat(second, []string{"internal/account", "internal/audit", "internal/keyring", "internal/transfer"})
)

// floors is what each package may import of this module and what it may never import of
// others. A package that is not here fails the test.
var floors = map[string]struct {
	may   []string
	never []string
}{
	"internal/seal":      {},
	"internal/password":  {},
	"internal/openid":    {},
	"internal/passkey":   {},
	"internal/sigv4":     {},
	"internal/metrics":   {},
	"internal/spool":     {},
	"internal/terminal":  {},
	"internal/docs":      {},
	"internal/packaging": {},
	"internal/config":    {may: []string{"internal/terminal"}, never: []string{"github.com/labstack/echo", "database/sql"}},
	"static":             {},

	// The vocabulary is pure: it has no transaction, clock or context.
	"internal/oncall":   {never: []string{"context", "github.com/labstack/echo", "net/http", "database/sql", "github.com/a-h/templ"}},
	"internal/access":   {may: ground[:1], never: outside},
	"internal/audit":    {may: ground, never: outside},
	"internal/outbox":   {may: ground, never: outside},
	"internal/keyring":  {may: ground, never: outside},
	"internal/account":  {may: first, never: outside},
	"internal/contacts": {may: first, never: outside},
	"internal/transfer": {may: slices.Concat(second, []string{"internal/spool", "internal/terminal"}), never: outside},
	"internal/delivery": {may: []string{"internal/oncall", "internal/outbox"}, never: []string{"github.com/labstack/echo", "database/sql"}},

	"db":            {may: slices.Concat(allRooms, []string{"internal/seal"}), never: []string{"github.com/labstack/echo", "net/http", "github.com/a-h/templ", "modernc.org"}},
	"db/sqlite":     {may: slices.Concat(allRooms, []string{"db", "internal/seal"}), never: []string{"github.com/labstack/echo", "net/http", "github.com/a-h/templ"}},
	"db/dbtest":     {may: slices.Concat(allRooms, []string{"db", "db/oncalltest"})},
	"db/oncalltest": {may: slices.Concat(allRooms, []string{"db", "db/sqlite"})},

	"views":                {may: slices.Concat(allRooms, []string{"static"}), never: []string{"github.com/labstack/echo", "database/sql"}},
	"handlers":             {may: slices.Concat(allRooms, []string{"internal/docs", "internal/openid", "internal/passkey", "views"}), never: []string{"database/sql"}},
	"handlers/awsapi":      {may: slices.Concat(allRooms, []string{"handlers/awsapi/wire", "internal/sigv4"}), never: []string{"database/sql", "github.com/a-h/templ"}},
	"handlers/awsapi/wire": {never: []string{"github.com/labstack/echo", "net/http"}},
	"web":                  {may: []string{"handlers", "handlers/awsapi", "internal/metrics", "internal/oncall", "static", "views"}, never: []string{"database/sql"}},
	"cmd/callbook": {may: slices.Concat(allRooms, []string{"db", "db/sqlite", "handlers", "handlers/awsapi", "internal/config", "internal/delivery", "internal/docs", "internal/metrics",
		"internal/openid", "internal/passkey", "internal/password", "internal/seal", "internal/spool", "internal/terminal", "views", "web"})},
	"cmd/bench": {may: slices.Concat(allRooms, []string{"db", "db/sqlite", "db/dbtest/ceiling", "db/oncalltest", "handlers", "internal/delivery", "web"})},

	// What only tests use.
	"db/dbtest/ceiling":              {},
	"internal/delivery/deliverytest": {may: []string{"internal/oncall"}},
	"internal/openid/openidtest":     {may: []string{"internal/openid"}},
	"internal/passkey/passkeytest":   {},
}

// outside is what no room knows of: how it is asked, and where it is stored.
var outside = []string{"github.com/labstack/echo", "net/http", "database/sql", "github.com/a-h/templ"}

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
		{"callbook/internal/oncall", []string{"context"}},
		{"callbook/internal/oncall", []string{"callbook/internal/access"}},
		{"callbook/internal/outbox", []string{"callbook/internal/contacts"}},
		{"callbook/internal/account", []string{"callbook/internal/contacts"}},
		{"callbook/internal/contacts", []string{"callbook/db"}},
		{"callbook/db", []string{"callbook/db/oncalltest"}},
		{"callbook/db", []string{"callbook/db/sqlite"}},
		{"callbook/db", []string{"modernc.org/sqlite"}},
		{"callbook/db/sqlite", []string{"callbook/db/oncalltest"}},
		{"callbook/internal/keyring", []string{"callbook/db/sqlite"}},
		{"callbook/internal/helpers", nil},
	}
	if found := trespasses(planted); len(found) != len(planted) {
		t.Errorf("found %v of %d", found, len(planted))
	}
}
