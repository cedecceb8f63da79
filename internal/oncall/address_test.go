package oncall

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// addressCase is one address at one door, with its stored form, or the reason and the
// sentence that refuse it. A reason with a stored form is a warning.
type addressCase struct {
	door          Door
	channel       ChannelType
	text, country string
	canonical     string // "": refused
	reason        Reason
	sentence      string
}

// Short names of the doors for the tables.
const (
	typed = Browser
	wire  = API
)

// runAddresses parses every address by NewChannel.Parse, which also checks the
// constraints of the service model.
func runAddresses(t *testing.T, cases []addressCase) {
	t.Helper()
	for _, c := range cases {
		got := addressCase{door: c.door, channel: c.channel, text: c.text, country: c.country}
		check, fields := NewChannel{Contact: arnOfAna,
			Name: "n", Type: c.channel, Address: c.text, Country: c.country}.Parse(c.door, AddressRules{})
		got.canonical = check.Canonical
		for _, f := range append(fields, check.Warnings...) {
			got.reason, got.sentence = f.Reason, strings.TrimPrefix(got.sentence+" "+f.Message, " ")
		}
		if diff := cmp.Diff(c, got, cmp.AllowUnexported(addressCase{})); diff != "" {
			t.Errorf("%s %s %q: -want +got\n%s", c.door, c.channel, c.text, diff)
		}
		if given := check.Given; c.door == wire && c.canonical != "" && given != c.text {
			t.Errorf("%q is returned as %q: a program must get its address byte for byte", c.text, given)
		}
		if c.canonical == "" {
			continue
		}
		for _, f := range fields {
			t.Errorf("%q is both accepted and refused: %+v", c.text, f)
		}
		for _, w := range check.Warnings {
			if want := string(w.Reason) + ":" + c.canonical; w.Accept != want {
				t.Errorf("%q: Accept is %q, want %q", c.text, w.Accept, want)
			}
		}
	}
}
