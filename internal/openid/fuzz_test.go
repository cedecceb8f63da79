package openid

import (
	"encoding/json"
	"slices"
	"testing"
)

// FuzzGroups reads the claim of groups, and what else may stand in its place.
func FuzzGroups(f *testing.F) {
	for _, text := range []string{`"oncall"`, `["oncall","admins"]`, `""`, `[]`, `null`, `[null]`, `[["a"]]`, `{"a":1}`, `["a",1]`, `1`, `1e1000`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return // the token it stands in was read
		}
		names, ok := readGroups(raw)
		var claim any
		err := json.Unmarshal(raw, &claim) // fails for numbers beyond all
		var want []string
		good := claim == nil && err == nil
		switch v := claim.(type) {
		case string:
			want, good = []string{v}, v != ""
		case []any:
			good = err == nil
			for _, element := range v {
				name, isText := element.(string)
				good = good && (isText || element == nil)
				want = append(want, name)
			}
		}
		if ok != good || ok && !slices.Equal(names, want) {
			t.Errorf("%s is read as %q, %t, want %q, %t", raw, names, ok, want, good)
		}
	})
}
