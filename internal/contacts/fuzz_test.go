package contacts

import (
	"slices"
	"testing"

	"callbook/internal/oncall"
)

func FuzzPlace(f *testing.F) {
	f.Add(ChannelPlace{Alias: "ana", ID: "01a2038a-0000-7000-8000-000000000000"}.token())
	for _, token := range []string{"", "W10", "WzEsImFuYSJd", "bnVsbA", "e30"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, err := parsePlace(token)
		switch {
		case err != nil:
			if oncall.KindOf(err) != oncall.Invalid || p != (ChannelPlace{}) {
				t.Errorf("%q: got %+v, %v", token, p, err)
			}
		case token == "":
			if p != (ChannelPlace{}) {
				t.Errorf("no token: got %+v", p)
			}
		case p.token() != token || !oncall.IsAlias(p.Alias) || !oncall.IsChannelID(p.ID):
			t.Errorf("%q is read as %+v, whose token is %q", token, p, p.token())
		}
	})
}

func FuzzPageToken(f *testing.F) {
	for _, start := range []pageStart{{Alias: "ana"}, {Reachability: oncall.Unreachable, Word: "ana", Alias: "ana"}, {Reachability: oncall.Reachable, Word: "字", Alias: "_"}} {
		f.Add(start.token())
	}
	for _, token := range []string{"", "e30", "bnVsbA", "eyJhIjoiYW5hIn0="} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		start, err := parseCursor(token)
		if err != nil {
			if oncall.KindOf(err) != oncall.Invalid || start != (pageStart{}) {
				t.Errorf("%q: got %+v, %v", token, start, err)
			}
			return
		}
		if token != "" && (start.token() != token || !oncall.IsAlias(start.Alias) || !slices.Contains(oncall.Reachabilities(), start.Reachability)) {
			t.Errorf("%q is read as %+v, whose token is %q", token, start, start.token())
		}
	})
}
