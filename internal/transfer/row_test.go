package transfer

import (
	"fmt"
	"strings"
	"testing"

	"callbook/internal/oncall"
)

// Rows are judged in goroutines, where a panic would end the program.
func TestPanicAboutARowReachesTheCaller(t *testing.T) {
	p := &pass{Importer: &Importer{}, names: map[string]string{}} // without Control
	rows := make([]Row, 3*minPart)
	rows[len(rows)-1] = Row{Alias: "ana", Type: oncall.SMS, Address: "+12065550100"}
	defer func() {
		if cause := fmt.Sprint(recover()); !strings.Contains(cause, "nil pointer") || !strings.Contains(cause, "parseChannel") {
			t.Errorf("got %s", cause)
		}
	}()
	p.candidates(rows)
}
