package oncall

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nameCase is one text in one field, at one door, or at both if the door is empty. An
// empty sentence means that the text is accepted.
type nameCase struct {
	door     Door
	text     string
	reason   Reason
	sentence string
}

// runNames checks every text in an otherwise valid input.
func runNames(t *testing.T, field Field, fields func(Door, string) []FieldError, cases []nameCase) {
	t.Helper()
	for _, c := range cases {
		for _, door := range []Door{typed, wire} {
			if c.door != "" && c.door != door {
				continue
			}
			var want []FieldError
			if c.sentence != "" {
				want = []FieldError{{Field: field, Reason: c.reason, Message: c.sentence}}
			}
			if diff := cmp.Diff(want, fields(door, c.text)); diff != "" {
				t.Errorf("%s %q: -want +got\n%s", door, c.text, diff)
			}
		}
	}
}

const (
	sayName255      = "Use at most 255 characters for the name."
	sayChannel255   = "Use at most 255 characters for the channel name."
	sayNoName       = "Enter a name for the channel, for example Ana mobile."
	sayAlias        = "Use only lower-case letters a to z, digits, hyphens and underscores, for example ana-silva."
	sayToken        = `Use only the letters a to z and A to Z, digits and the characters \ / _ + = - in an idempotency token.`
	sayLetter       = "Use at least one letter or digit in the channel name."
	sayLetterOrNone = "Use at least one letter or digit in the name, or leave it empty."
)

func sayWithout(what string) string {
	return "Write the name without " + what + ": use letters, digits, spaces, dots, hyphens and underscores."
}

func sayChannelWithout(what string) string {
	return "Write the channel name without " + what + ": use letters, digits, spaces, dots, hyphens and underscores."
}

// nameCases are the cases for the names of channels and of contacts.
func nameCases(without func(string) string, long, letter string) []nameCase {
	return []nameCase{
		{"", "Ana mobile", "", ""},
		{"", "akuas sms-test", "", ""},
		{"", "Zoë Müller-Łęcka", "", ""},
		{"", "Ελένη Παπαδοπούλου", "", ""},
		{"", "李小龍", "", ""},
		{"", "محمد", "", ""},
		{"", "v2.0_beta-1", "", ""},
		{"", "Ⅷ ½ ٣", "", ""}, // numbers of other kinds
		{"", "Ana\u00a0Silva\u3000\u2028x", "", ""},
		{"", strings.Repeat("a", 255), "", ""},
		{"", strings.Repeat("字", 255), "", ""},
		{"", strings.Repeat("a", 256), TooLong, long},
		{"", strings.Repeat("字", 256), TooLong, long},
		{typed, " ", Unfitting, letter},
		{typed, "...", Unfitting, letter},
		{typed, "- _ -", Unfitting, letter},
		{typed, "\u3000", Unfitting, letter},
		{typed, "\u3164", Unfitting, letter},
		{typed, "\u115f\u1160 \uffa0", Unfitting, letter},
		{wire, "\u3164", "", ""},
		{wire, " ", "", ""},
		{wire, "- _ .", "", ""},
		{"", "O'Brien", Pattern, without("“'”")},
		{"", "O’Brien", Pattern, without("“’”")},
		{"", "Ana (mobile)", Pattern, without("“(”")},
		{"", "Ana/Bob", Pattern, without("“/”")},
		{"", "<b>Ana</b>", Pattern, without("“<”")},
		{"", "100%s", Pattern, without("“%”")},
		{"", "Ana 📱", Pattern, without("“📱”")},
		{"", "Zoe\u0308", Pattern, without("“◌\u0308”")}, // decomposed
		{"", "Ana\nSilva", Pattern, without("line breaks")},
		{"", "Ana\n", Pattern, without("line breaks")},
		{"", "\r\nAna", Pattern, without("line breaks")},
		{"", "Ana\tSilva", Pattern, without("invisible characters")},
		{"", "Ana\x00", Pattern, without("invisible characters")},
		{"", "Ana\u202e", Pattern, without("invisible characters")},
		{"", "Ana\u200b", Pattern, without("invisible characters")},
		{"", "Ana\xff", Pattern, without("invisible characters")},
		{"", "Ana\ufffd", Pattern, without("invisible characters")},
	}
}

func TestChannelNames(t *testing.T) {
	fields := func(door Door, name string) []FieldError {
		_, fields := NewChannel{Contact: arnOfAna, Name: name, Type: SMS, Address: "+15005550199"}.Parse(door, AddressRules{})
		return fields
	}
	runNames(t, FieldName, fields, append(nameCases(sayChannelWithout, sayChannel255, sayLetter),
		nameCase{"", "", Required, sayNoName}))
}

func TestChangedChannelNames(t *testing.T) {
	fields := func(door Door, name string) []FieldError {
		return ChannelChange{Channel: arnOfChannel, Name: &name}.Check(door)
	}
	runNames(t, FieldName, fields, append(nameCases(sayChannelWithout, sayChannel255, sayLetter),
		nameCase{"", "", Required, sayNoName}))
}

func TestDisplayNames(t *testing.T) {
	fields := func(door Door, name string) []FieldError {
		return NewContact{Alias: "ana", DisplayName: name, Type: Personal}.Check(door)
	}
	runNames(t, FieldDisplayName, fields, append(nameCases(sayWithout, sayName255, sayLetterOrNone),
		nameCase{"", "", "", ""}))
}

func TestAliases(t *testing.T) {
	fields := func(door Door, alias string) []FieldError {
		return NewContact{Alias: alias, Type: Personal}.Check(door)
	}
	runNames(t, FieldAlias, fields, []nameCase{
		{"", "akuam", "", ""},
		{"", "ana-silva_2", "", ""},
		{"", "-", "", ""},
		{"", "0", "", ""},
		{"", strings.Repeat("a", 255), "", ""},
		{"", strings.Repeat("a", 256), TooLong, "Use at most 255 characters for the alias."},
		{"", "", Required, "Enter an alias, for example ana-silva."},
		{"", "Ana", Pattern, sayAlias},
		{"", "ana silva", Pattern, sayAlias},
		{"", " ana", Pattern, sayAlias},
		{"", "ana\n", Pattern, sayAlias},
		{"", "zoë", Pattern, sayAlias},
		{"", "ana.silva", Pattern, sayAlias},
		{"", "ana/1", Pattern, sayAlias},
		{"", "../ana", Pattern, sayAlias},
		{"", "ana\x00", Pattern, sayAlias},
		{"", "ana\xff", Pattern, sayAlias},
		{"", "аna", Pattern, sayAlias}, // a Cyrillic а
	})
}

func TestIdempotencyTokens(t *testing.T) {
	fields := func(door Door, token string) []FieldError {
		return NewContact{Alias: "ana", Type: Personal, Token: token}.Check(door)
	}
	runNames(t, FieldToken, fields, []nameCase{
		{"", "", "", ""},
		{"", "922b8f50-9bb9-4dd7-83cf-a4c25EXAMPLE", "", ""},
		{"", `\/_+=-aZ09`, "", ""},
		{"", strings.Repeat("t", 2048), "", ""},
		{"", strings.Repeat("t", 2049), TooLong, "Use an idempotency token of at most 2048 characters."},
		{"", "a b", Pattern, sayToken},
		{"", "a.b", Pattern, sayToken},
		{"", "a:b", Pattern, sayToken},
		{"", "tokén", Pattern, sayToken},
		{"", "token\n", Pattern, sayToken},
		{"", "token\x00", Pattern, sayToken},
		{"", "token\xff", Pattern, sayToken},
	})
}

func TestTypesOfTheServiceModel(t *testing.T) {
	const sayChannelType = "Choose how this channel reaches the person: SMS, VOICE or EMAIL."
	const sayContactType = "Choose what this contact is: PERSONAL, ESCALATION or ONCALL_SCHEDULE."
	runNames(t, FieldType, func(_ Door, text string) []FieldError {
		_, fields := NewChannel{Name: "n", Type: ChannelType(text),
			Contact: arnOfAna, Address: ""}.Parse(API, AddressRules{})
		return fields
	}, []nameCase{
		{"", "", Required, sayChannelType},
		{"", "sms", NotOneOf, sayChannelType},
		{"", "SMS VOICE", NotOneOf, sayChannelType},
		{"", "FAX", NotOneOf, sayChannelType},
	})
	runNames(t, FieldType, func(door Door, text string) []FieldError {
		return NewContact{Alias: "ana", Type: ContactType(text)}.Check(door)
	}, []nameCase{
		{"", "PERSONAL", "", ""},
		{"", "ESCALATION", "", ""},
		{"", "ONCALL_SCHEDULE", "", ""},
		{"", "", Required, sayContactType},
		{"", "personal", NotOneOf, sayContactType},
		{"", "SMS", NotOneOf, sayContactType},
	})
}

func TestEveryWrongFieldIsReported(t *testing.T) {
	_, got := NewChannel{Contact: "ana", Name: "", Type: SMS, Address: "x", Token: " "}.Parse(Browser, AddressRules{})
	var fields []Field
	for _, f := range got {
		fields = append(fields, f.Field)
	}
	if diff := cmp.Diff([]Field{FieldContact, FieldName, FieldToken, FieldAddress}, fields); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Every sentence of a constraint is in the table.
func TestEveryConstraintHasASentence(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for _, input := range []any{
		NewContact{}, NewContact{Alias: long, DisplayName: long, Type: "x", Token: long}, NewContact{Alias: "!", DisplayName: "!", Token: "!"},
		NewChannel{}, NewChannel{Contact: ARN(long), Name: long, Type: "x", Address: long, Token: long}, NewChannel{Contact: "x", Name: "!", Token: "!"},
		ContactChange{DisplayName: &long}, ChannelChange{Name: &long, Address: &long}, ChannelChange{Name: new(string)},
		NewContact{Tags: make([]Tag, MaxTags+1)}, TagChange{Tags: make([]Tag, MaxTags+1)}, TagRemoval{Keys: make([]string, MaxTags+1)},
		TagChange{Tags: []Tag{{}, {long, long}, {"!", "!"}, {"aws:x", "x"}}}, TagRemoval{Keys: []string{"", long, "!", "aws:x"}},
		PolicyChange{}, PolicyChange{Policy: "!"}, PolicyChange{Policy: strings.Repeat("x", 395_001)},
	} {
		fields := check(input)
		if len(fields) == 0 {
			t.Errorf("%+v is accepted", input)
		}
		for _, f := range fields {
			if f.Field == "" || f.Reason == "" || !strings.HasSuffix(f.Message, ".") {
				t.Errorf("%T: %+v has no field, reason or sentence", input, f)
			}
		}
	}
}
