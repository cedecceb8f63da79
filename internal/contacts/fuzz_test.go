package contacts

import (
	"slices"
	"strings"
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

// FuzzReply makes sure that nothing is taken for a word or a code that is none.
func FuzzReply(f *testing.F) {
	for _, text := range []string{"STOP", " stop.", "please stop", "Start!", "123456", "the code is 123-456", "1234567", "123 456 789 012", "\u0661\u0662\u0663456", "\"Quit\"\r\n", "\xff123456"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := readReply(text)
		bare := strings.Trim(text, " \t\r\n.!\"")
		is := func(word string) bool { return strings.EqualFold(bare, word) }
		if got.stop != slices.ContainsFunc(stopWords, is) || got.start != slices.ContainsFunc(startWords, is) || (got.stop || got.start) && got.digits != "" {
			t.Errorf("%q is read as %+v", text, got)
		}
		if got.digits == "" {
			return
		}
		d := got.digits
		stands := alone(text, d) || alone(text, d[:3]+" "+d[3:]) || alone(text, d[:3]+"-"+d[3:])
		if len(d) != 6 || strings.Trim(d, "0123456789") != "" || !stands {
			t.Errorf("%q holds the code %q", text, d)
		}
		if again := readReply("It is\n" + text + "\n."); again.digits != d {
			t.Errorf("%q holds the code %q, and with words around it %q", text, d, again.digits)
		}
	})
}

// alone reports whether digits stand in a text with no other digit next to them.
func alone(text, digits string) bool {
	next := func(s string, at int) bool { return at >= 0 && at < len(s) && s[at] >= '0' && s[at] <= '9' }
	for i := range text {
		if strings.HasPrefix(text[i:], digits) && !next(text, i-1) && !next(text, i+len(digits)) {
			return true
		}
	}
	return false
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
