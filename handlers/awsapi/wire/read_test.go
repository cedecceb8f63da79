package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const arn = "arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana"

// full is a request with every member of the model's that matters to reading.
const full = `{"Alias":"ana","DisplayName":"","Type":"PERSONAL","IdempotencyToken":"t","Tags":[{"Key":"k","Value":"v"}],
"Plan":{"RotationIds":[],"Stages":[{"DurationInMinutes":5,"Targets":[{"ContactTargetInfo":{"IsEssential":true}}]},{"DurationInMinutes":1,"Targets":[]}]}}`

func TestDocumentIsReadAsItCame(t *testing.T) {
	got, err := Read[CreateContactRequest]([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	empty, token, key, v := "", "t", "k", "v"
	want := CreateContactRequest{Alias: "ana", DisplayName: &empty, Type: "PERSONAL", IdempotencyToken: &token, Tags: []Tag{{&key, &v}},
		Plan: Plan{RotationIds: []string{}, Stages: []Stage{
			{DurationInMinutes: 5, Targets: []Target{{ContactTargetInfo: &ContactTargetInfo{IsEssential: true}}}},
			{DurationInMinutes: 1, Targets: []Target{}},
		}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is written is what is read, also what is absent and what is empty.
func TestDocumentIsWrittenAsItWasRead(t *testing.T) {
	for _, body := range []string{full, `{"Alias":"a","Type":"PERSONAL","Plan":{}}`, `{"Alias":"a","Type":"PERSONAL","Plan":{"Stages":[]},"Tags":[]}`} {
		in, err := Read[CreateContactRequest]([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		written, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		_, _ = json.Unmarshal([]byte(body), &want), json.Unmarshal(written, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

func TestUnknownMembersAndNullsAreAbsent(t *testing.T) {
	for _, body := range []string{
		`{"ContactId":"` + arn + `"}`,
		`{"ContactId":"` + arn + `","NextToken":null,"MaxResults":null}`,
		`{"ContactId":"` + arn + `","New":{"a":[1,null,{"a":1}]},"nexttoken":"!","maxResults":"x","":1}`,
	} {
		in, err := Read[ListContactChannelsRequest]([]byte(body))
		if err != nil || in != (ListContactChannelsRequest{ContactId: arn}) {
			t.Errorf("%s: got %+v, %v", body, in, err)
		}
	}
}

func TestOtherTypesCannotBeRead(t *testing.T) {
	plan := func(stages string) string { return `{"Alias":"a","Type":"PERSONAL","Plan":{"Stages":` + stages + `}}` }
	for body, want := range map[string]string{
		`{"Alias":1}`:                              "NUMBER_VALUE can not be converted to a String at 'alias'",
		`{"Alias":true}`:                           "BOOLEAN_VALUE can not be converted to a String at 'alias'",
		`{"Alias":["a"]}`:                          "START_LIST can not be converted to a String at 'alias'",
		`{"Alias":{}}`:                             "START_STRUCTURE can not be converted to a String at 'alias'",
		`{"Plan":"p"}`:                             "STRING_VALUE can not be converted to a Structure at 'plan'",
		`{"Plan":[]}`:                              "START_LIST can not be converted to a Structure at 'plan'",
		`{"Tags":{}}`:                              "START_STRUCTURE can not be converted to a List at 'tags'",
		`{"Tags":[null]}`:                          "NULL_VALUE can not be converted to a Structure at 'tags.1.member'",
		`{"Tags":[{}, "k"]}`:                       "STRING_VALUE can not be converted to a Structure at 'tags.2.member'",
		plan(`[{"DurationInMinutes":"5"}]`):        "STRING_VALUE can not be converted to an Integer at 'plan.stages.1.member.durationInMinutes'",
		plan(`[{"DurationInMinutes":1.5}]`):        "NUMBER_VALUE can not be converted to an Integer at 'plan.stages.1.member.durationInMinutes'",
		plan(`[{"DurationInMinutes":3000000000}]`): "NUMBER_VALUE can not be converted to an Integer at 'plan.stages.1.member.durationInMinutes'",
		plan(`[{"Targets":[{"ContactTargetInfo":{"IsEssential":"yes"}}]}]`): "STRING_VALUE can not be converted to a Boolean at 'plan.stages.1.member.targets.1.member.contactTargetInfo.isEssential'",
		`{"Alias":"a","Alias":"a"}`:                                         "An object in the body has the same name twice.",
		`{"Plan":{"Stages":[],"\u0053tages":[]}}`:                           "An object in the body has the same name twice.",
		`{"New":1,"New":2}`:                                                 "An object in the body has the same name twice.",
	} {
		_, err := Read[CreateContactRequest]([]byte(body))
		var m *Malformed
		if !errors.As(err, &m) || m.Message != want {
			t.Errorf("%s:\n got %v\nwant %s", body, err, want)
		}
		if Valid([]byte(body)) != nil {
			t.Errorf("%s is JSON", body)
		}
	}
}

func TestWholeNumbersMayBeWrittenAsFractions(t *testing.T) {
	for number, want := range map[string]int{"5": 5, "5.0": 5, "50e-1": 5, "1E1": 10, "-0": 0} {
		in, err := Read[ListContactsRequest]([]byte(`{"MaxResults":` + number + `}`))
		if err != nil || *in.MaxResults != want {
			t.Errorf("%s: got %v, %v", number, in.MaxResults, err)
		}
	}
}

// What a megabyte holds besides takes little memory: the model does not know it, or
// nothing needs so much of it.
func TestReadingTakesLittleMemory(t *testing.T) {
	const most = 1 << 20
	fill := func(begin, element, end string) []byte {
		return []byte(begin + strings.Repeat(element+",", (most-len(begin)-len(end))/(len(element)+1)-1) + element + end)
	}
	contact := `{"Alias":"a","Type":"PERSONAL",`
	for _, body := range [][]byte{
		fill(contact+`"Plan":{},"New":[`, "{}", "]}"),
		fill(contact+`"Plan":{"Stages":[`, "{}", "]}}"),
		fill(contact+`"Plan":{"RotationIds":[`, `""`, "]}}"),
		fill(contact+`"Plan":{},"Tags":[`, "{}", "]}"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = Read[CreateContactRequest](body)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 48*most { // most of it for a moment only
			t.Errorf("%.60s… takes %d MB", body, took>>20)
		}
	}
}

func TestBrokenConstraintsAreToldAllAtOnce(t *testing.T) {
	type told map[string]string // of the members
	long := strings.Repeat("ä", 256)
	for _, c := range []struct {
		body string
		want told
	}{
		{`{}`, told{
			"Alias": "Value null at 'alias' failed to satisfy constraint: Member must not be null",
			"Type":  "Value null at 'type' failed to satisfy constraint: Member must not be null",
			"Plan":  "Value null at 'plan' failed to satisfy constraint: Member must not be null"}},
		{`{"Alias":"A","Type":"TEAM","Plan":{}}`, told{
			"Alias": `Value 'A' at 'alias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9_\-]*$`,
			"Type":  "Value 'TEAM' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [PERSONAL, ESCALATION, ONCALL_SCHEDULE]"}},
		{`{"Alias":"","Type":"PERSONAL","Plan":{}}`, told{
			"Alias": "Value '' at 'alias' failed to satisfy constraint: Member must have length greater than or equal to 1"}},
		{`{"Alias":"a\n","Type":"PERSONAL","Plan":{}}`, told{
			"Alias": "Value 'a\n' at 'alias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9_\\-]*$"}},
		{`{"Alias":"a","DisplayName":"` + long + `","Type":"PERSONAL","Plan":{}}`, told{
			"DisplayName": "Value '" + long + "' at 'displayName' failed to satisfy constraint: Member must have length less than or equal to 255"}},
		{`{"Alias":"a","DisplayName":"` + long[:510] + `","Type":"PERSONAL","Plan":{}}`, told{}},
		{`{"Alias":"a","Type":"PERSONAL","Plan":{"Stages":[{"DurationInMinutes":31,"Targets":[{"ChannelTargetInfo":{"ContactChannelId":"x","RetryIntervalInMinutes":-1}}]}]}}`, told{
			"Plan.Stages.1.member.DurationInMinutes": "Value '31' at 'plan.stages.1.member.durationInMinutes' failed to satisfy constraint: Member must have value less than or equal to 30",
			"Plan.Stages.1.member.Targets.1.member.ChannelTargetInfo.ContactChannelId": "Value 'x' at 'plan.stages.1.member.targets.1.member.channelTargetInfo.contactChannelId' failed to satisfy constraint: " +
				`Member must satisfy regular expression pattern: arn:(aws|aws-cn|aws-us-gov):ssm-contacts:[-\w+=\/,.@]*:[0-9]+:([\w+=\/,.@:-]+)*`,
			"Plan.Stages.1.member.Targets.1.member.ChannelTargetInfo.RetryIntervalInMinutes": "Value '-1' at 'plan.stages.1.member.targets.1.member.channelTargetInfo.retryIntervalInMinutes' failed to satisfy constraint: Member must have value greater than or equal to 0"}},
		{`{"Alias":"a","Type":"PERSONAL","Plan":{"Stages":[{}]}}`, told{
			"Plan.Stages.1.member.DurationInMinutes": "Value null at 'plan.stages.1.member.durationInMinutes' failed to satisfy constraint: Member must not be null",
			"Plan.Stages.1.member.Targets":           "Value null at 'plan.stages.1.member.targets' failed to satisfy constraint: Member must not be null"}},
	} {
		_, err := Read[CreateContactRequest]([]byte(c.body))
		var broken *Invalid
		got := told{}
		if errors.As(err, &broken) {
			for _, v := range broken.Violations {
				got[v.Member] = v.Message
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %v\n(-want +got):\n%s", c.body, err, diff)
		}
	}
}

func TestSentenceCountsWhatIsBroken(t *testing.T) {
	_, err := Read[CreateContactRequest]([]byte(`{"Alias":"a","Type":"T"}`))
	want := "2 validation errors detected: Value 'T' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [PERSONAL, ESCALATION, ONCALL_SCHEDULE]; " +
		"Value null at 'plan' failed to satisfy constraint: Member must not be null"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	_, err = Read[GetContactRequest]([]byte(`{}`))
	if want := "1 validation error detected: Value null at 'contactId' failed to satisfy constraint: Member must not be null"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// A request of a megabyte may break a rule in every place; the answer stays short.
func TestAnswerToManyMistakesIsShort(t *testing.T) {
	keys := strings.Repeat(`"`+strings.Repeat("!", 1000)+`",`, 500)
	_, err := Read[UntagResourceRequest]([]byte(`{"ResourceARN":"a","TagKeys":[` + keys + `""]}`))
	var broken *Invalid
	if !errors.As(err, &broken) || broken.Count != 101 || len(broken.Violations) != maxViolations || len(err.Error()) > 40_000 {
		t.Errorf("got %d characters of %.200v", len(err.Error()), err)
	}
}

func TestOnlyObjectsAreValid(t *testing.T) {
	for _, body := range []string{"{}", " {\"a\":1}\n", `{"a":"\ud83d\ude00 \u00e4 \\ud800 \\\"\\"}`, strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64), `{"a":"` + strings.Repeat("[{", 99) + `"}`, "{\"a\":\"\u2028\"}"} {
		if err := Valid([]byte(body)); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
	for _, body := range []string{"", " ", "null", "[]", `"a"`, "1", "{", "{}{}", "{} x", `{"a":}`, `{"a":1,}`, `{a:1}`, "{'a':1}", `{"a":01}`, "{\"a\":\"\n\"}",
		"{\"a\":\"\xff\"}", "\xef\xbb\xbf{}", "{\"a\":\"\x00\"}", "{\x00}", `{"a":NaN}`, `{"a":1}//`, strings.Repeat(`{"a":`, 20_000),
		strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65), `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}",
		`{"a":"\ud800"}`, `{"a":"\udc00"}`, `{"\ud83d":1}`, `{"a":"\ud83d\ud83d"}`, `{"a":"\ud83d\n"}`, `{"a":"\ud83d x"}`, `{"a":"\ude00\ud83d"}`, `{"a":["\uD800\u0041"]}`} {
		var m *Malformed
		if err := Valid([]byte(body)); !errors.As(err, &m) {
			t.Errorf("%.40q: got %v, want it refused", body, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{full, "{}", `{"Alias":"a","Alias":1}`, `{"Plan":{"Stages":[{"DurationInMinutes":1e9}]}}`, `{"Tags":[null]}`, "{\"Alias\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if Valid(body) != nil {
			return
		}
		in, err := Read[CreateContactRequest](body)
		var m *Malformed
		var broken *Invalid
		switch {
		case err == nil:
			again, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			if other, err := Read[CreateContactRequest](again); err != nil || !cmp.Equal(in, other) {
				t.Errorf("%s is read as %+v, and what that is written as %+v, %v", body, in, other, err)
			}
		case errors.As(err, &m):
		case errors.As(err, &broken):
			if broken.Count == 0 || len(broken.Violations) == 0 {
				t.Errorf("%s breaks nothing: %v", body, err)
			}
		default:
			t.Errorf("%s: %v", body, err)
		}
	})
}

// FuzzValid holds what passes against what encoding/json makes of it: nothing may
// become another character, or lie too deep.
func FuzzValid(f *testing.F) {
	for _, seed := range []string{full, "{}", `{"a":"\ud83d\ude00 \\ud800"}`, `{"\ud800":1}`, `{"a":"\uDE00\ud83d"}`, strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64),
		strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65), `{"a":"[[\"{"}`, `{"a":[` + strings.Repeat("{},", 40) + strings.Repeat("[", 63) + strings.Repeat("]", 63) + "]}", "[]", "{}{}", "{\"a\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := Valid(body)
		var object map[string]json.RawMessage
		sane := utf8.Valid(body) && json.Unmarshal(body, &object) == nil && object != nil
		deep, replaced := false, false
		if sane {
			deep, replaced = look(body)
		}
		written := bytes.ContainsRune(body, utf8.RuneError) || bytes.Contains(bytes.ToLower(body), []byte(`\ufffd`))
		switch {
		case err == nil && (!sane || deep || replaced && !written):
			t.Errorf("%q passes", body)
		case err != nil && sane && !deep && !replaced:
			t.Errorf("%q: %v", body, err)
		}
	})
}

// look reports whether JSON is nested too deep, and whether a text in it is read
// with a character in the place of another.
func look(body []byte) (deep, replaced bool) {
	depth := 0
	for d := json.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.Token()
		if err != nil {
			return deep, replaced
		}
		switch v := token.(type) {
		case json.Delim:
			if depth++; v == '}' || v == ']' {
				depth -= 2
			}
			deep = deep || depth > maxDepth
		case string:
			replaced = replaced || strings.ContainsRune(v, utf8.RuneError)
		}
	}
}
