package wire

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write types.go anew from the service model")

// available are the operations that Callbook has: the model's shapes that these
// need are generated, and no others.
var available = []string{
	"ActivateContactChannel", "CreateContact", "CreateContactChannel", "DeactivateContactChannel", "DeleteContact", "DeleteContactChannel",
	"GetContact", "GetContactChannel", "GetContactPolicy", "ListContactChannels", "ListContacts", "ListTagsForResource",
	"PutContactPolicy", "SendActivationCode", "TagResource", "UntagResource", "UpdateContact", "UpdateContactChannel",
}

// model is the part of the service model that is used.
type model struct {
	Operations map[string]struct {
		Input, Output struct{ Shape string }
		Errors        []struct{ Shape string }
	}
	Shapes map[string]modelShape
}

type modelShape struct {
	Type          kind
	Required      []string
	Members       ordered
	Member        struct{ Shape string }
	Min, Max      *int
	Pattern       string
	Enum          []string
	Documentation string
}

// ordered is an object's members in the order of the file.
type ordered []struct{ Name, Shape string }

func (o *ordered) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var m struct{ Shape string }
		if err := d.Decode(&m); err != nil {
			return err
		}
		*o = append(*o, struct{ Name, Shape string }{name.(string), m.Shape})
	}
	return nil
}

func readModel(t *testing.T) model {
	t.Helper()
	raw, err := os.ReadFile("testdata/ssm-contacts-2021-05-03.json")
	if err != nil {
		t.Fatal(err)
	}
	var m model
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTypesAreTheModels fails if types.go differs from what the model generates. With
// -update it writes types.go.
func TestTypesAreTheModels(t *testing.T) {
	want := generate(t, readModel(t))
	if *update {
		if err := os.WriteFile("types.go", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("types.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("types.go is not what the model says; run make generate:\n%s", diff)
	}
}

func generate(t *testing.T, m model) []byte {
	t.Helper()
	g := &generator{model: m, inputs: map[string]bool{}, outputs: map[string]bool{}}
	g.printf("// Code generated from the service model ssm-contacts 2021-05-03 by make generate. DO NOT EDIT.\n\npackage wire\n\n")
	g.operations()
	for _, name := range slices.Sorted(maps.Keys(g.inputs)) {
		g.shape(name)
	}
	all := maps.Clone(g.inputs)
	maps.Copy(all, g.outputs)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		g.goType(name)
	}
	source, err := format.Source(g.out.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, g.out.String())
	}
	return source
}

type generator struct {
	model
	inputs, outputs map[string]bool // shapes that are reached
	out             bytes.Buffer
}

func (g *generator) printf(format string, args ...any) { fmt.Fprintf(&g.out, format, args...) }

func (g *generator) operations() {
	g.printf("// Operations is every operation of the service model, by name.\nvar Operations = map[string]Operation{\n")
	for _, name := range slices.Sorted(maps.Keys(g.Operations)) {
		o := g.Operations[name]
		if !slices.Contains(available, name) {
			g.printf("%q: {},\n", name)
			continue
		}
		g.reach(o.Input.Shape, g.inputs)
		g.reach(o.Output.Shape, g.outputs)
		var exceptions []string
		for _, e := range o.Errors {
			exceptions = append(exceptions, e.Shape)
		}
		slices.Sort(exceptions)
		g.printf("%q: {input: &%s, Exceptions: %#v},\n", name, variable(o.Input.Shape), exceptions)
	}
	g.printf("}\n\n")
}

func (g *generator) reach(name string, into map[string]bool) {
	if into[name] {
		return
	}
	into[name] = true
	s := g.Shapes[name]
	for _, m := range s.Members {
		g.reach(m.Shape, into)
	}
	if s.Type == list {
		g.reach(s.Member.Shape, into)
	}
}

// variable is the name of the Go variable of a shape.
func variable(name string) string { return "shapeOf" + name }

func (g *generator) shape(name string) {
	s := g.Shapes[name]
	g.printf("var %s = shape{kind: %s", variable(name), map[kind]string{text: "text", integer: "integer", truth: "truth", list: "list", structure: "structure"}[s.Type])
	if s.Max != nil {
		least := 0
		if s.Min != nil {
			least = *s.Min
		}
		g.printf(", limits: &limits{%d, %d}", least, *s.Max)
	}
	if s.Pattern != "" {
		g.printf(", pattern: anchored(%[1]s), source: %[1]s", "`"+s.Pattern+"`")
	}
	if s.Enum != nil {
		g.printf(", enum: %#v", s.Enum)
	}
	if s.Type == list {
		g.printf(", of: &%s", variable(s.Member.Shape))
	}
	if s.Type == structure {
		g.printf(", members: []member{\n")
		for _, m := range s.Members {
			g.printf("{name: %q, shape: &%s", m.Name, variable(m.Shape))
			if slices.Contains(s.Required, m.Name) {
				g.printf(", required: true")
			}
			g.printf("},\n")
		}
		g.printf("}")
	}
	g.printf("}\n\n")
}

// goType writes the Go type of a structure. Its fields stand in the order of the
// shape's members.
func (g *generator) goType(name string) {
	s := g.Shapes[name]
	if s.Type != structure {
		return
	}
	g.printf("// %[1]s is the structure %[1]s of the service model.\ntype %[1]s struct {\n", name)
	for _, m := range s.Members {
		required := slices.Contains(s.Required, m.Name)
		omit := ""
		if !required {
			omit = ",omitzero"
		}
		g.printf("%s %s `json:\"%s%s\"`\n", m.Name, g.field(m.Shape, required), m.Name, omit)
	}
	g.printf("}\n\n")
	if strings.HasSuffix(name, "Request") {
		g.printf("func (%s) shape() *shape { return &%s }\n\n", name, variable(name))
	}
}

// field is the Go type of a member: a pointer when it may be absent. Of a list
// nil is absent.
func (g *generator) field(name string, required bool) string {
	pointer := "*"
	if required {
		pointer = ""
	}
	switch s := g.Shapes[name]; s.Type {
	case list:
		return "[]" + g.field(s.Member.Shape, true)
	case structure:
		return pointer + name
	case integer:
		return pointer + "int"
	case truth:
		return pointer + "bool"
	default:
		return pointer + "string"
	}
}
