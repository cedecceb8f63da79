package contacts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// many returns n tags in order, with one value.
func many(n int, value string) []oncall.Tag {
	var list []oncall.Tag
	for i := range n {
		list = append(list, oncall.Tag{Key: fmt.Sprintf("key-%03d", i), Value: value})
	}
	return list
}

func tag(t testing.TB, w *oncalltest.World, contact oncall.ARN, list ...oncall.Tag) {
	t.Helper()
	if err := w.TagContact(t.Context(), oncalltest.Program, oncall.TagChange{Contact: contact, Tags: list}); err != nil {
		t.Fatal(err)
	}
}

func untag(t testing.TB, w *oncalltest.World, contact oncall.ARN, keys ...string) {
	t.Helper()
	if err := w.UntagContact(t.Context(), oncalltest.Program, oncall.TagRemoval{Contact: contact, Keys: keys}); err != nil {
		t.Fatal(err)
	}
}

func TestContactIsCreatedWithItsTags(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "ana", Type: oncall.Personal, Tags: []oncall.Tag{{Key: "team", Value: "Größe 字: a/b=c+d-e_f@g."}, {Key: "env", Value: "prod"}}})
	oncalltest.Same(t, "tags", []oncall.Tag{{Key: "env", Value: "prod"}, {Key: "team", Value: "Größe 字: a/b=c+d-e_f@g."}}, oncalltest.TagsOf(t, w, ana))
	oncalltest.Same(t, "tags of another", []oncall.Tag(nil), oncalltest.TagsOf(t, w, oncalltest.AddPerson(t, w, "ben")))

	if err := w.DeleteContact(t.Context(), oncalltest.Program, ana); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "tags of the next ana", []oncall.Tag(nil), oncalltest.TagsOf(t, w, oncalltest.AddPerson(t, w, "ana")))
}

func TestRefusedContactLeavesNoTags(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	_, err := w.CreateContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "ana", Type: oncall.Personal, Tags: oncalltest.EnvTag})
	oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.AliasTaken, "Another contact has the alias ana: choose a different one.")
	oncalltest.Same(t, "tags", []oncall.Tag(nil), oncalltest.TagsOf(t, w, ana))
}

func TestTagsArePartOfWhatATokenStandsFor(t *testing.T) {
	w := oncalltest.New(t)
	in := oncall.NewContact{Alias: "ana", Type: oncall.Personal, Token: "t", Tags: []oncall.Tag{{Key: "env", Value: "prod"}, {Key: "team", Value: "sre"}}}
	ana := oncalltest.AddContact(t, w, in)
	untag(t, w, ana, "team")
	in.Tags = []oncall.Tag{{Key: "team", Value: "sre"}, {Key: "env", Value: "prod"}} // tags have no order
	oncalltest.Same(t, "contact again", ana, oncalltest.AddContact(t, w, in))
	oncalltest.Same(t, "tags", oncalltest.EnvTag, oncalltest.TagsOf(t, w, ana)) // a repetition does not put them back
	for _, other := range [][]oncall.Tag{nil, oncalltest.EnvTag, {{Key: "env", Value: "prod"}, {Key: "team", Value: "dev"}}} {
		in.Tags = other
		_, err := w.CreateContact(t.Context(), oncalltest.Program, in)
		oncalltest.WantRefusal(t, err, oncall.Conflict, oncall.TokenReused, oncalltest.TokenReusedSentence(ana))
	}
	bare := oncall.NewContact{Alias: "ben", Type: oncall.Personal, Token: "b"}
	ben := oncalltest.AddContact(t, w, bare)
	bare.Tags = []oncall.Tag{}
	oncalltest.Same(t, "contact without tags, by an empty list", ben, oncalltest.AddContact(t, w, bare))
}

func TestTagsAreAddedReplacedAndRemoved(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	want := oncalltest.LoadContact(t, w, ana)
	w.Clock.Pass(time.Hour)
	tag(t, w, ana, oncall.Tag{Key: "team", Value: "sre"}, oncall.Tag{Key: "env", Value: "dev"})
	tag(t, w, ana, oncall.Tag{Key: "env", Value: "prod"}, oncall.Tag{Key: "Env", Value: "x"})
	oncalltest.Same(t, "tags", []oncall.Tag{{Key: "Env", Value: "x"}, {Key: "env", Value: "prod"}, {Key: "team", Value: "sre"}}, oncalltest.TagsOf(t, w, ana))
	untag(t, w, ana, "Env", "team", "nothing", "team")
	untag(t, w, ana)
	oncalltest.Same(t, "tags", oncalltest.EnvTag, oncalltest.TagsOf(t, w, ana))
	oncalltest.Same(t, "contact", want, oncalltest.LoadContact(t, w, ana))
}

func TestWhatIsTaggedSoAlreadyIsNotWritten(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "ana", Type: oncall.Personal, Tags: oncalltest.EnvTag})
	before := len(oncalltest.Entries(t, w))
	tag(t, w, ana, oncalltest.EnvTag...)
	tag(t, w, ana)
	untag(t, w, ana, "ENV")
	untag(t, w, ana)
	oncalltest.TagsOf(t, w, ana)
	oncalltest.Same(t, "entries", before, len(oncalltest.Entries(t, w)))
}

func TestContactHasAtMostFiftyTags(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "ana", Type: oncall.Personal, Tags: many(49, "x")})
	over := oncall.TagChange{Contact: ana, Tags: []oncall.Tag{{Key: "key-000", Value: "y"}, {Key: "env", Value: "prod"}, {Key: "team", Value: "sre"}}}
	err := w.TagContact(t.Context(), oncalltest.Program, over)
	oncalltest.WantRefusal(t, err, oncall.Limited, oncall.Quota, "A contact has at most 50 tags, and with these it would have 51: remove some first.")
	oncalltest.WantResource(t, err, ana)
	oncalltest.Same(t, "tags", many(49, "x"), oncalltest.TagsOf(t, w, ana))
	tag(t, w, ana, over.Tags[:2]...)
	tag(t, w, ana, many(49, "z")...) // full, and the values still change
	oncalltest.Same(t, "number of tags", oncall.MaxTags, len(oncalltest.TagsOf(t, w, ana)))
	oncalltest.WantRefusal(t, w.TagContact(t.Context(), oncalltest.Program, over), oncall.Limited, oncall.Quota,
		"A contact has at most 50 tags, and with these it would have 51: remove some first.")
}

func TestOnlyContactsHaveTags(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	elsewhere := oncall.Scope{Region: "eu-west-1", Account: "999999999999"}
	const saysMalformed = "Name the contact by its full ARN, as in arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana-silva."
	for _, c := range []struct {
		arn    oncall.ARN
		kind   oncall.Kind
		reason oncall.Reason
		says   string
	}{
		{sms, oncall.Invalid, oncall.Unfitting, "Invalid value provided - only contacts have tags: " + string(sms)},
		{oncall.ARN(w.Scope().Prefix() + "rotation/1"), oncall.Invalid, oncall.Unfitting, "Invalid value provided - only contacts have tags: " + w.Scope().Prefix() + "rotation/1"},
		{oncall.ARN(w.Scope().Prefix()), oncall.Invalid, oncall.Unfitting, "Invalid value provided - only contacts have tags: " + w.Scope().Prefix()},
		{elsewhere.Channel("ana", "1"), oncall.Invalid, oncall.Unfitting, "Invalid value provided - only contacts have tags: " + string(elsewhere.Channel("ana", "1"))},
		{w.Scope().Contact("nobody"), oncall.NotFound, "", "Contact not found: " + string(w.Scope().Contact("nobody"))},
		{elsewhere.Contact("ana"), oncall.NotFound, "", "Contact not found: " + string(elsewhere.Contact("ana"))},
		{"ana", oncall.Invalid, oncall.Pattern, saysMalformed},
		{"", oncall.Invalid, oncall.Required, "Name the contact by its ARN."},
	} {
		_, err := w.Tags(t.Context(), oncalltest.Program, c.arn)
		oncalltest.WantRefusal(t, err, c.kind, c.reason, c.says)
		oncalltest.WantRefusal(t, w.TagContact(t.Context(), oncalltest.Program, oncall.TagChange{Contact: c.arn, Tags: oncalltest.EnvTag}), c.kind, c.reason, c.says)
		oncalltest.WantRefusal(t, w.UntagContact(t.Context(), oncalltest.Program, oncall.TagRemoval{Contact: c.arn, Keys: []string{"env"}}), c.kind, c.reason, c.says)
		for _, f := range oncall.FieldErrors(err) {
			oncalltest.Same(t, "field", oncall.FieldContact, f.Field)
		}
	}
	for _, arn := range []oncall.ARN{"ana", oncall.ARN(strings.Repeat("ana", 50)), "a:b:c:d:e:f:g"} { // a person only learns that nothing is there
		_, err := w.Tags(t.Context(), oncalltest.Manager, arn)
		oncalltest.WantRefusal(t, err, oncall.NotFound, "", "Contact not found: "+string(arn))
	}
}

func TestTagsAreThoseOfTheServiceModel(t *testing.T) {
	const (
		sayKey      = `Use only the letters a to z and A to Z, digits and the characters \ / _ + = - in the key of a tag.`
		sayNoKey    = "Give each tag a key, for example env."
		sayLongKey  = "Use at most 128 characters for the key of a tag."
		sayReserved = "Choose a tag key that does not begin with aws: because such keys are reserved."
		sayMany     = "Name at most 50 tags at once."
		sayValue    = "Use only letters, digits, spaces and the characters _ . : / = + - @ in the value of a tag."
		sayNoValue  = "Give each tag a value, for example prod."
		sayLong     = "Use at most 256 characters for the value of a tag."
	)
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	for _, c := range []struct {
		key, value string
		reason     oncall.Reason
		says       string
		ofKey      bool
	}{
		{`\/aZ09_+=-`, "x", "", "", false},
		{strings.Repeat("k", 128), strings.Repeat("字", 256), "", "", false},
		{"aws", "x", "", "", false},
		{"k", " Ελ½\u3000_.:/=+-@", "", "", false},
		{"", "x", oncall.Required, sayNoKey, true},
		{strings.Repeat("k", 129), "x", oncall.TooLong, sayLongKey, true},
		{"a b", "x", oncall.Pattern, sayKey, true},
		{"é", "x", oncall.Pattern, sayKey, true},
		{"k\n", "x", oncall.Pattern, sayKey, true},
		{"k\xff", "x", oncall.Pattern, sayKey, true},
		{"xaws:y", "x", oncall.Pattern, sayKey, true},
		{"aws:createdBy", "x", oncall.Reserved, sayReserved, true},
		{"AwS:", "x", oncall.Reserved, sayReserved, true},
		{"k", "", oncall.Required, sayNoValue, false},
		{"k", strings.Repeat("字", 257), oncall.TooLong, sayLong, false},
		{"k", "a*", oncall.Pattern, sayValue, false},
		{"k", "v\n", oncall.Pattern, sayValue, false},
		{"k", "v\xff", oncall.Pattern, sayValue, false},
	} {
		list := []oncall.Tag{{Key: "first", Value: "x"}, {Key: c.key, Value: c.value}}
		errs := []error{w.TagContact(t.Context(), oncalltest.Program, oncall.TagChange{Contact: ana, Tags: list})}
		_, err := w.CreateContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "eve", Type: oncall.Personal, Tags: list})
		errs = append(errs, err)
		if err == nil {
			if err := w.DeleteContact(t.Context(), oncalltest.Program, w.Scope().Contact("eve")); err != nil {
				t.Fatal(err)
			}
		}
		if c.ofKey {
			errs = append(errs, w.UntagContact(t.Context(), oncalltest.Program, oncall.TagRemoval{Contact: ana, Keys: []string{"first", c.key}}))
		}
		for _, err := range errs {
			if c.says == "" {
				oncalltest.Same(t, "error of "+c.key, error(nil), err)
				continue
			}
			oncalltest.WantRefusal(t, err, oncall.Invalid, c.reason, c.says)
			oncalltest.Same(t, "fields", []oncall.FieldError{{Field: oncall.FieldTags, Reason: c.reason, Message: c.says}}, oncall.FieldErrors(err))
		}
	}

	before := oncalltest.TagsOf(t, w, ana)
	var keys []string
	for _, k := range many(51, "x") {
		keys = append(keys, k.Key)
	}
	oncalltest.WantRefusal(t, w.TagContact(t.Context(), oncalltest.Program, oncall.TagChange{Contact: ana, Tags: many(51, "x")}), oncall.Invalid, oncall.TooLong, sayMany)
	oncalltest.WantRefusal(t, w.UntagContact(t.Context(), oncalltest.Program, oncall.TagRemoval{Contact: ana, Keys: keys}), oncall.Invalid, oncall.TooLong, sayMany)
	_, err := w.CreateContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "eve", Type: oncall.Personal, Tags: many(51, "x")})
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.TooLong, sayMany)

	twice := []oncall.Tag{{Key: "env", Value: "x"}, {Key: "Env", Value: "x"}, {Key: "env", Value: "x"}}
	const sayTwice = "Use each tag key only once: “env” occurs twice."
	oncalltest.WantRefusal(t, w.TagContact(t.Context(), oncalltest.Program, oncall.TagChange{Contact: ana, Tags: twice}), oncall.Invalid, oncall.Unfitting, sayTwice)
	_, err = w.CreateContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "eve", Type: oncall.Personal, Tags: twice})
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Unfitting, sayTwice)
	oncalltest.Same(t, "tags", before, oncalltest.TagsOf(t, w, ana))
}

// Two long lists that begin in the same way are still two in the trail.
func TestLongListOfTagsIsCutOffInTheTrail(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	text := func(end string) string { return strings.Repeat("ü", 250) + end }
	tag(t, w, ana, oncall.Tag{Key: "k", Value: text("1")})
	tag(t, w, ana, oncall.Tag{Key: "k", Value: text("2")}, oncall.Tag{Key: "l", Value: "x"})
	all := oncalltest.Entries(t, w)
	end1 := "… (1 tags, sha256 " + oncalltest.ShortSum("k="+text("1")) + ")"
	end2 := "… (2 tags, sha256 " + oncalltest.ShortSum("k="+text("2")+", l=x") + ")"
	quoted := "k=" + strings.Repeat("ü", 200-2-len([]rune(end1)))
	oncalltest.Same(t, "changes", []oncall.AuditChange{{Field: oncall.FieldTags, Before: quoted + end1, After: quoted + end2}}, all[len(all)-1].Changes)
}
