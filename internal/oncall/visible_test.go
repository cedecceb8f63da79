package oncall

import "testing"

// unseen are texts in which nothing can be seen.
var unseen = []string{"", " ", "\u3164", "\u3164\u3164 \u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u00ad", "\u200b", "\u200c\u200d", "\u200e\u200f", "\u202e",
	"\u2066\u2069", "\u2060", "\ufeff", "\u3000", "\u00a0\u2003", "\u2028\u2029", "\u034f", "\u180e", "\ufe0f", "\ufe00\U000e0100", "\U000e0041\U000e007f", "\U0001d159", "\U0001d173", "\u17b4", "\U00013441", "\U00013442", "\u0301", "\t\n", "\x00"}

func TestNamesThatNobodySees(t *testing.T) {
	for _, text := range unseen {
		if HasVisible(text) {
			t.Errorf("%+q is visible", text)
		}
		if got := (Contact{Alias: "ana", DisplayName: text}).Name(); got != "ana" {
			t.Errorf("a contact named %+q is shown as %+q", text, got)
		}
		if got := (Channel{Alias: "ana", Name: text}).Label(); got != "ana" {
			t.Errorf("a channel named %+q is shown as %+q", text, got)
		}
		if text == "" {
			continue
		}
		if fields := (NewContact{Alias: "ana", Type: Personal, DisplayName: text}).Check(Browser); len(fields) == 0 {
			t.Errorf("a contact may be named %+q in the browser", text)
		}
		if fields := (ContactChange{Contact: arnOfAna, DisplayName: &text}).Check(Browser); len(fields) == 0 {
			t.Errorf("a contact may be renamed %+q in the browser", text)
		}
		if _, fields := (NewChannel{Contact: arnOfAna, Name: text, Type: SMS, Address: "+15005550199"}).Parse(Browser, AddressRules{}); len(fields) == 0 {
			t.Errorf("a channel may be named %+q in the browser", text)
		}
		if fields := (ChannelChange{Channel: arnOfChannel, Name: &text}).Check(Browser); len(fields) == 0 {
			t.Errorf("a channel may be renamed %+q in the browser", text)
		}
	}
	for _, text := range []string{"Ana", "a", "0", "李", "\u3164Ana", "ª", "½", "م", "...", "e\u0301", "-", "📱"} {
		if !HasVisible(text) || NameOr(text, "other") != text {
			t.Errorf("%q is not visible", text)
		}
	}
}

// The service model's pattern allows these names, so the API does too.
func TestProgramsMayUseNamesThatNobodySees(t *testing.T) {
	for _, text := range []string{" ", "\u3164", "\u115f\u1160", "\uffa0", "\u3000", "\u00a0", "\u2028"} {
		if fields := (NewContact{Alias: "ana", Type: Personal, DisplayName: text}).Check(API); len(fields) > 0 {
			t.Errorf("%+q: got %+v", text, fields)
		}
	}
}
