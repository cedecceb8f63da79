package awsapi_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/oncall"
)

var update = flag.Bool("update", false, "write what the documents say of the operations")

// operationsTopic is the topic that lists the operations, from this folder.
const operationsTopic = "../../internal/docs/api/operations.md"

// TestOperationsTopicNamesEveryOperation writes the topic's table with -update, and else
// fails when it is not what the API does.
func TestOperationsTopicNamesEveryOperation(t *testing.T) {
	const begin, end = "<!-- operations: make readme -->\n", "<!-- end of operations -->"
	text, err := os.ReadFile(operationsTopic)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("the topic has no place for the operations: %q and %q", begin, end)
	}
	want := before + begin + operationsTable() + end + after
	if *update {
		if err := os.WriteFile(operationsTopic, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Error("the topic's table of operations is not what the API does: run make readme")
	}
}

// operationsTable is every operation of the service model with the least role of a
// key that may call it. TestEveryOperationTakesARole and TestOperationsThatAreNotThereSaySo hold
// wire.Operations against what is answered.
func operationsTable() string {
	var rows strings.Builder
	available := 0
	for _, name := range slices.Sorted(maps.Keys(wire.Operations)) {
		least := "not yet"
		if wire.Operations[name].Available() {
			available++
			least = string(oncall.Operation(name).RequiredRole())
		}
		fmt.Fprintf(&rows, "| %s | %s |\n", name, least)
	}
	return fmt.Sprintf("%d of %d operations of the service model (2021-05-03) work. The others are answered with a\n"+
		"ValidationException whose Reason is UNKNOWN_OPERATION.\n\n| operation | a key needs the role |\n| --- | --- |\n", available, len(wire.Operations)) + rows.String()
}
