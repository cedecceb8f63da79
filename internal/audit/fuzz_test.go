package audit

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func FuzzAnchor(f *testing.F) {
	for _, seed := range []string{"0:", "1:" + strings.Repeat("0a", 32), " 12:" + strings.Repeat("FF", 32) + "\n", "1:", "-1:", "0:00", "9223372036854775808:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAnchor(text)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) || !cmp.Equal(a, Anchor{}) {
				t.Errorf("%q: got %+v, %q", text, a, err)
			}
			return
		}
		again, err := ParseAnchor(a.String())
		if err != nil || !cmp.Equal(a, again) || a.Seq < 0 || (a.Seq == 0) != (len(a.MAC) == 0) || a.Seq > 0 && len(a.MAC) != 32 {
			t.Errorf("%q is parsed as %s, and that as %s, %v", text, a, again, err)
		}
	})
}
