package oncall

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// within reports whether a text has minLen to maxLen characters, each of them good.
func within(text string, minLen, maxLen int, good func(rune) bool) bool {
	n := utf8.RuneCountInString(text)
	return utf8.ValidString(text) && minLen <= n && n <= maxLen && !strings.ContainsFunc(text, func(r rune) bool { return !good(r) })
}

func among(letters string) func(rune) bool {
	return func(r rune) bool { return strings.ContainsRune(letters, r) }
}

const (
	smallLetters = "abcdefghijklmnopqrstuvwxyz0123456789_-"
	tokenLetters = smallLetters + `ABCDEFGHIJKLMNOPQRSTUVWXYZ\/+=`
)

func inName(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Z, unicode.N) || strings.ContainsRune("_.-", r)
}

func inTagValue(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Z, unicode.N) || strings.ContainsRune("_.:/=+-@", r)
}

// FuzzContact compares the rules with the constraints of the service model.
func FuzzContact(f *testing.F) {
	f.Add("ana-silva", "Ana Silva", "PERSONAL", "t", "env", "prod", true)
	f.Add("", " . ", "", "", "", "", true)
	f.Add("Ana", "Ana\n", "ESCALATION", "\u00e9", "aws:x", "a\u0301", false)
	f.Add(strings.Repeat("a", 256), strings.Repeat("\u00e9", 256), "ONCALL_SCHEDULE", strings.Repeat("=", 2049), strings.Repeat("k", 129), strings.Repeat("v", 257), false)
	f.Fuzz(func(t *testing.T, alias, name, kind, token, key, value string, browser bool) {
		door := API
		if browser {
			door = Browser
		}
		refused := map[Field]bool{}
		for _, r := range (NewContact{Alias: alias, DisplayName: name, Type: ContactType(kind), Token: token, Tags: []Tag{{key, value}}}).Check(door) {
			refused[r.Field] = true
			sound(t, name, &r)
		}
		named := strings.ContainsFunc(name, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N) })
		for field, good := range map[Field]bool{
			FieldAlias:       within(alias, 1, 255, among(smallLetters)),
			FieldDisplayName: within(name, 0, 255, inName) && (named || name == "" || !browser),
			FieldType:        slices.Contains([]string{"PERSONAL", "ESCALATION", "ONCALL_SCHEDULE"}, kind),
			FieldToken:       within(token, 0, 2048, among(tokenLetters)),
			FieldTags:        within(key, 1, 128, among(tokenLetters)) && within(value, 1, 256, inTagValue),
		} {
			if refused[field] == good {
				t.Errorf("%q %q %q %q %q=%q: %s refused: %t", alias, name, kind, token, key, value, field, refused[field])
			}
		}
	})
}

func FuzzPlan(f *testing.F) {
	for _, seed := range []string{`{}`, `{"Stages":[]}`, `{"Stages":[{"DurationInMinutes":0,"Targets":[]}]}`, `{"Stages":[{"DurationInMinutes":31,"Targets":[{}]}]}`,
		`{"Stages":[{"DurationInMinutes":5,"Targets":[{"ChannelTargetInfo":{"ContactChannelId":"` + arnOfChannel + `","RetryIntervalInMinutes":61}}]}]}`,
		`{"Stages":[{"DurationInMinutes":5,"Targets":[{"ContactTargetInfo":{"ContactId":"` + arnOfAna + `","IsEssential":true}}]}],"RotationIds":["a"]}`} {
		f.Add(seed, "PERSONAL")
		f.Add(seed, "ONCALL_SCHEDULE")
	}
	f.Fuzz(func(t *testing.T, text, kind string) {
		var p, again Plan
		if json.Unmarshal([]byte(text), &p) != nil {
			return
		}
		written, err := json.Marshal(p)
		if err == nil {
			err = json.Unmarshal(written, &again)
		}
		if err != nil || !cmp.Equal(p, again) {
			t.Errorf("%s is stored as %s, which is parsed as %+v, %v", text, written, again, err)
		}
		refusals := (NewContact{Alias: "ana", Type: ContactType(kind), Plan: p}).Check(API)
		for _, r := range refusals {
			sound(t, text, &r)
		}
		if len(refusals) == 0 && (!goodPlan(p) || kind == "ONCALL_SCHEDULE" && len(p.Stages) > 0) {
			t.Errorf("%s is accepted for %s", text, kind)
		}
		if summary := p.Summary(); (summary == "") != (string(written) == "{}") || len(summary) > 100 {
			t.Errorf("%s has the summary %q", text, summary)
		}
	})
}

// goodPlan implements the constraints in the tags of a plan a second time.
func goodPlan(p Plan) bool {
	good := len(p.Stages) <= 100 && len(p.RotationIDs) <= 25
	for _, r := range p.RotationIDs {
		good = good && r.malformed() == ""
	}
	for _, s := range p.Stages {
		good = good && s.DurationInMinutes >= 0 && s.DurationInMinutes <= 30 && len(s.Targets) <= 100 && s.DurationInMinutes+len(s.Targets) > 0
		for _, target := range s.Targets {
			good = good && (target.Channel != nil || target.Contact != nil)
			if c := target.Channel; c != nil {
				good = good && c.Channel.malformed() == "" && (c.RetryIntervalInMinutes == nil || *c.RetryIntervalInMinutes >= 0 && *c.RetryIntervalInMinutes <= 60)
			}
			if c := target.Contact; c != nil {
				good = good && (c.Contact == "" || c.Contact.malformed() == "")
			}
		}
	}
	return good
}

func FuzzPolicy(f *testing.F) {
	for _, seed := range []string{"", "{}", " {\n}\t", "[]", "null", "{}{}", `{"a":"` + "\xff" + `"}`, "\u00a0{}", `{"Version":"2012-10-17","Statement":[]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		refusals := check(PolicyChange{Policy: text})
		for _, r := range refusals {
			sound(t, text, &r)
		}
		var object map[string]json.RawMessage
		good := json.Unmarshal([]byte(text), &object) == nil && object != nil && utf8.ValidString(text)
		if good != (len(refusals) == 0) {
			t.Errorf("%q: got %+v", text, refusals)
		}
	})
}

// FuzzTags checks merging tags.
func FuzzTags(f *testing.F) {
	f.Add("a=1\nb=2", "b=3\nc=4")
	f.Add("", strings.Repeat("key=value\n", 60))
	f.Fuzz(func(t *testing.T, had, given string) {
		before, more := tagsIn(had), tagsIn(given)
		if len(checkDuplicateKeys(before))+len(checkDuplicateKeys(more)) > 0 {
			return
		}
		after := MergeTags(before, more)
		keys := TagKeys(after)
		if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) || len(TagsNotIn(more, after)) > 0 {
			t.Errorf("%q merged with %q is %q", before, more, after)
		}
		for _, kept := range TagsNotIn(after, more) {
			if !slices.Contains(before, kept) {
				t.Errorf("%q merged with %q contains %q", before, more, kept)
			}
		}
		summary := SummarizeTags(after)
		slices.Reverse(after)
		if utf8.RuneCountInString(summary) > maxTagSummaryLen || SummarizeTags(after) != summary {
			t.Errorf("%q has the summary %q", after, summary)
		}
	})
}

// tagsIn parses tags, one a line.
func tagsIn(text string) []Tag {
	var tags []Tag
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok && tagKeyForm.MatchString(key) {
			tags = append(tags, Tag{key, value})
		}
	}
	return tags
}

// FuzzScope parses ARNs of all kinds and builds them again.
func FuzzScope(f *testing.F) {
	own := Scope{Region: "us-east-1", Account: "000000000000"}
	for _, text := range []string{own.Prefix(), string(own.User("ana@example.org")), string(own.AccessKey("AKID")), string(own.User("")), arnOfAna, arnOfChannel,
		"arn:aws-cn:ssm-contacts:cn-north-1:111122223333:", "arn:aws:ssm-contacts:cn-north-1:111122223333:"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScope(text)
		if err == nil && (s.Prefix() != text || s.Check() != nil || ARN(text+"contact/a").malformed() != "") {
			t.Errorf("%q is parsed as %+v", text, s)
		}
		r := own.Resource(ARN(text))
		if !r.Named() {
			return
		}
		var again ARN
		switch {
		case r.Channel != "":
			again = own.Channel(r.Alias, r.Channel)
		case r.Alias != "":
			again = own.Contact(r.Alias)
		case r.User != "":
			again = own.User(r.User)
		default:
			again = own.AccessKey(r.AccessKey)
		}
		if again != ARN(text) {
			t.Errorf("%q names %+v, whose ARN is %q", text, r, again)
		}
	})
}
