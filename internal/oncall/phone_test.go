package oncall

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The sentences that several rows expect.
const (
	sayDigits     = "Write the phone number with the digits 0 to 9 only, for example +1 500 555 0199."
	sayWireDigits = "Write the phone number as + and the digits 0 to 9 only, for example +15005550199."
	sayPlus       = "Start with + and the country code, for example +1 500 555 0199, or choose the country."
	sayExtension  = "An extension cannot be dialled: use a number that reaches the person directly."
	sayPremium    = "Premium-rate and shared-cost numbers are not allowed, because calling one costs extra: use an ordinary number."
	saySatellite  = "Satellite and global premium numbers (+870, +881, +882, +883, +979) are not allowed here: use an ordinary number."
	sayNoCountry  = "No country has this country code: check the digits after the +."
	sayArea       = "This number works only within its own area: add the area code."
	sayUnassigned = "This number is not in an assigned range: check it digit by digit. The number plan of Callbook (version " + NumberPlanVersion + ") may be older than the number."
	sayOneLine    = "Write one phone number on one line: a line break or a tab stands between these digits."
	sayOneNumber  = "Write one phone number only: another one needs a channel of its own."
	sayFixed      = "This is a fixed line, and most fixed lines receive no text messages: a voice channel would reach it."
	sayTollFree   = "This is a toll-free number, and few of them receive text messages."
	sayTooFew     = "This number has too few digits: check that none is missing."
)

func TestTypedPhoneNumbers(t *testing.T) {
	runAddresses(t, []addressCase{
		{typed, SMS, "+15005550199", "", "+15005550199", "", ""},
		{typed, SMS, "+1 500 555 0199", "", "+15005550199", "", ""},
		{typed, SMS, "+1 (500) 555-0199", "", "+15005550199", "", ""},
		{typed, SMS, "+1.500.555.0199", "", "+15005550199", "", ""},
		{typed, SMS, "+1/500/555/0199", "", "+15005550199", "", ""},
		{typed, SMS, "+1 [500] 555 0199", "", "+15005550199", "", ""},
		{typed, SMS, "(+1) 500 555 0199", "", "+15005550199", "", ""},
		{typed, SMS, "+1–500—555−0199", "", "+15005550199", "", ""},
		{typed, SMS, "  +1\u00a0500\u202f555\u30000199\n", "", "+15005550199", "", ""},
		{typed, SMS, "\u202a+15005550199\u202c", "", "+15005550199", "", ""},
		{typed, SMS, "+1500\u200b5550199", "", "+15005550199", "", ""},
		{typed, SMS, "+15005550199.", "", "+15005550199", "", ""},
		{typed, SMS, "0015005550199", "", "+15005550199", "", ""},
		{typed, SMS, "00 1 (500) 555-0199", "", "+15005550199", "", ""},
		{typed, SMS, "(00)1 500 555 0199", "", "+15005550199", "", ""},
		{typed, SMS, "0049 151 23456789", "US", "+4915123456789", "", ""},
		{typed, SMS, "(206) 555-0100", "US", "+12065550100", "", ""},
		{typed, SMS, "1 206 555 0100", "US", "+12065550100", "", ""},
		{typed, SMS, "+44 7911 123456", "US", "+447911123456", "", ""},
		{typed, SMS, "07911 123456", "GB", "+447911123456", "", ""},
		{typed, SMS, "+44 (0)7911 123456", "", "+447911123456", "", ""},
		{typed, SMS, "+44 (0)07911 123456", "", "+447911123456", "", ""},
		{typed, SMS, "0151 23456789", "DE", "+4915123456789", "", ""},
		{typed, SMS, "011 49 151 23456789", "US", "+4915123456789", "", ""},
		{typed, SMS, "8 (912) 345-67-89", "RU", "+79123456789", "", ""},
		{typed, Voice, "+39 06 6982 1234", "", "+390669821234", "", ""},
		{typed, Voice, "+49 30 / 123456", "", "+4930123456", "", ""},
		{typed, SMS, "+54 11 15 2345 6789", "", "+5491123456789", "", ""},

		{typed, SMS, "011 881 6 1234 5678", "US", "", Costly, saySatellite},
		{typed, SMS, "0900 1234567", "DE", "", Costly, sayPremium},
		{typed, SMS, "", "", "", Required, "Enter the phone number, starting with + and the country code, for example +1 500 555 0199."},
		{typed, SMS, " \u200e ", "", "", Required, "Enter the phone number, starting with + and the country code, for example +1 500 555 0199."},
		{typed, SMS, "500 555 0199", "", "", NotInternational, sayPlus},
		{typed, SMS, "15005550199", "", "", NotInternational, sayPlus},
		{typed, SMS, "()", "", "", NotInternational, sayPlus},
		{typed, SMS, "500 555 0199", "XX", "", NotOneOf, "Choose a country from the list."},
		{typed, SMS, "500 555 0199", "us", "", NotOneOf, "Choose a country from the list."},
		{typed, SMS, "()", "US", "", TooShort, sayTooFew},
		{typed, SMS, "+", "", "", TooShort, sayTooFew},
		{typed, SMS, "+1 500 555 0199 x12", "", "", Extension, sayExtension},
		{typed, SMS, "+1 500 555 0199 ext. 12", "", "", Extension, sayExtension},
		{typed, SMS, "+1 500 555 0199 EXT 12", "", "", Extension, sayExtension},
		{typed, SMS, "+1 500 555 0199#12", "", "", Extension, sayExtension},
		{typed, SMS, "+1 500 555 0199,,12#", "", "", Extension, sayExtension},
		{typed, SMS, "+1 500 555 0199;ext=12", "", "", Extension, sayExtension},
		{typed, Voice, "+49 30 123456 Durchwahl 12", "", "", Extension, sayExtension},
		{typed, Voice, "+7 495 123-45-67 доб. 12", "", "", Extension, sayExtension},
		{typed, SMS, "1-800-FLOWERS", "US", "", NotPlain, sayDigits},
		{typed, SMS, "+1 500 555 O199", "", "", NotPlain, sayDigits},
		{typed, SMS, "＋１５００５５５０１９９", "", "", NotPlain, sayDigits},
		{typed, SMS, "+1500555٠١٩٩", "", "", NotPlain, sayDigits},
		{typed, SMS, "tel:+15005550199", "", "", NotPlain, sayDigits},
		{typed, SMS, "+1 500 555 0199, +1 206 555 0100", "", "", TwoNumbers, sayOneNumber},
		{typed, SMS, "+1+5005550199", "", "", NotPlain, sayDigits},
		{typed, SMS, "+1500555\x000199", "", "", NotPlain, sayDigits},
		{typed, SMS, "+1500555\xff0199", "", "", NotPlain, sayDigits},
		{typed, SMS, "😀", "", "", NotPlain, sayDigits},
		{typed, SMS, "*#06#", "", "", NotPlain, sayDigits},
		{typed, SMS, "+" + strings.Repeat("1", 320), "", "", TooLong, "Use an address of at most 320 characters."},
	})
}

func TestAPIAcceptsOnlyPlusAndDigits(t *testing.T) {
	runAddresses(t, []addressCase{
		{wire, SMS, "+15005550199", "", "+15005550199", "", ""},
		{wire, Voice, "+12065550100", "", "+12065550100", "", ""},
		{wire, SMS, "+15551234567", "", "+15551234567", "", ""},
		{wire, SMS, "+4407911123456", "", "+447911123456", "", ""},
		{wire, SMS, "+15005550199", "XX", "+15005550199", "", ""}, // the country is ignored

		{wire, SMS, "", "", "", Required, "Enter the phone number, starting with + and the country code, for example +15005550199."},
		{wire, SMS, "15005550199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "5005550199", "US", "", NotPlain, sayWireDigits},
		{wire, SMS, "0015005550199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "+1 5005550199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, " +15005550199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "+15005550199\n", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "+1(500)5550199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "+1-500-555-0199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "++15005550199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "＋15005550199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "+１５００５５５０１９９", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "tel:+15005550199", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "\u202a+15005550199\u202c", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "+15005550199\x00", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "+15005550199\xff", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "akua@example.com", "", "", NotPlain, sayWireDigits},
		{wire, SMS, "+15005550199x12", "", "", Extension, sayExtension},
		{wire, SMS, "+15005550199;ext=12", "", "", Extension, sayExtension},
		{wire, SMS, "+15005550199,12", "", "", Extension, sayExtension},
	})
}

func TestCostlyAndImpossibleNumbersAreRefused(t *testing.T) {
	both(t, []addressCase{
		{"", SMS, "+8701234", "", "", Costly, saySatellite},
		{"", SMS, "+870773111632", "", "", Costly, saySatellite},
		{"", Voice, "+881612345678", "", "", Costly, saySatellite},
		{"", Voice, "+88213300655", "", "", Costly, saySatellite},
		{"", Voice, "+883510012345", "", "", Costly, saySatellite},
		{"", Voice, "+979123456789", "", "", Costly, saySatellite},
		{"", Voice, "+19002345678", "", "", Costly, sayPremium},
		{"", SMS, "+449090123456", "", "", Costly, sayPremium},
		{"", Voice, "+491801234567", "", "", Costly, sayPremium},
		{"", Voice, "+80812345678", "", "", Costly, sayPremium},
		{"", SMS, "+999123456789", "", "", UnknownCountry, sayNoCountry},
		{"", SMS, "+0123456789", "", "", UnknownCountry, sayNoCountry},
		{"", SMS, "+2", "", "", TooShort, sayTooFew},
		{"", SMS, "+1500555019", "", "", TooShort, "This number is too short for country code +1: check that no digit is missing."},
		{"", SMS, "+49110", "", "", LocalOnly, sayArea},
		{"", SMS, "+15550199", "", "", LocalOnly, sayArea},
		{"", SMS, "+150055501990", "", "", TooLong, "This number is too long for country code +1: check it for a digit typed twice."},
		{"", SMS, "+1234567890123456", "", "", TooLong, "This number is too long for country code +1: check it for a digit typed twice."},
		{"", SMS, "+4479111234567890", "", "", TooLong, "This number is too long for country code +44: check it for a digit typed twice."},
		{"", SMS, "+4915123456789012", "", "", TooLong, "A phone number has at most 15 digits with its country code: check it for a digit typed twice."},
		{"", SMS, "+491512345678901234", "", "", TooLong, "This number is too long for Germany (+49): check it for a digit typed twice."},
		{"", SMS, "+" + strings.Repeat("49", 130), "", "", TooLong, "This number has too many digits: check it for a digit typed twice."},
		{"", SMS, "+3361234567", "", "", TooShort, "This number is too short for France (+33): check that no digit is missing."},
		{"", SMS, "+5215512345678", "", "", TooLong, "This number is too long for Mexico (+52): leave out the 1 after +52, which is no longer dialled."},
		{"", SMS, "+43123456789012345", "", "", TooLong, "This number is too long for Austria (+43): check it for a digit typed twice."},
	})
}

// both runs every row at both doors.
func both(t *testing.T, cases []addressCase) {
	t.Helper()
	for _, door := range []Door{typed, wire} {
		for i := range cases {
			cases[i].door = door
		}
		runAddresses(t, cases)
	}
}

func TestDoubtfulNumbersAreWarnedAboutInTheBrowser(t *testing.T) {
	runAddresses(t, []addressCase{
		{typed, SMS, "+15551234567", "", "+15551234567", Unassigned, sayUnassigned},
		{typed, Voice, "+15551234567", "", "+15551234567", Unassigned, sayUnassigned},
		{typed, SMS, "+44 7700 900123", "", "+447700900123", Unassigned, sayUnassigned},
		{typed, SMS, "+2901234", "", "+2901234", Unassigned, sayUnassigned},
		{typed, SMS, "+442079460958", "", "+442079460958", NoTexts, sayFixed},
		{typed, Voice, "+442079460958", "", "+442079460958", "", ""},
		{typed, SMS, "+18005551234", "", "+18005551234", NoTexts, sayTollFree},
		{typed, Voice, "+18005551234", "", "+18005551234", "", ""},
		{typed, SMS, "+80012345678", "", "+80012345678", NoTexts, sayTollFree},
		{typed, SMS, "+12065550100", "", "+12065550100", "", ""}, // +1 numbers do not reveal the kind of line
		{wire, SMS, "+15551234567", "", "+15551234567", "", ""},
		{wire, SMS, "+442079460958", "", "+442079460958", "", ""},
		{wire, SMS, "+18005551234", "", "+18005551234", "", ""},
	})
}

func TestAllowCostlyAcceptsCostlyNumbers(t *testing.T) {
	rules := AddressRules{AllowCostly: true}
	for _, number := range []string{"+870773111632", "+881612345678", "+883510012345", "+979123456789", "+19002345678", "+491801234567"} {
		for _, door := range []Door{typed, wire} {
			got, refusal := rules.Input(door, Voice, number, "").Parse()
			if refusal != nil || got.Canonical != number {
				t.Errorf("%s %s: got %q, %+v, want it accepted", door, number, got.Canonical, refusal)
			}
		}
	}
}

func TestTypedNumberIsShownForPeople(t *testing.T) {
	for text, want := range map[string]AddressCheck{
		"0049 (0)151/23456789": {Address: Address{Given: "+4915123456789", Canonical: "+4915123456789"},
			Shown: "+49 1512 3456789", Country: "Germany", Line: "mobile"},
		"+1 500 555 0199": {Address: Address{Given: "+15005550199", Canonical: "+15005550199"},
			Shown: "+1 500-555-0199", Country: "United States", Line: "personal number"},
		"+44 20 7946 0958": {Address: Address{Given: "+442079460958", Canonical: "+442079460958"},
			Shown: "+44 20 7946 0958", Country: "United Kingdom", Line: "fixed line"},
		"+800 1234 5678": {Address: Address{Given: "+80012345678", Canonical: "+80012345678"},
			Shown: "+800 1234 5678", Country: "international service", Line: "toll-free"},
	} {
		got, refusal := AddressInput{Type: Voice, Text: text, Typed: true}.Parse()
		if refusal != nil {
			t.Errorf("%q is refused: %s", text, refusal.Message)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: -want +got\n%s", text, diff)
		}
	}
}

func TestPhoneMaskKeepsCountryCodeAndLastDigits(t *testing.T) {
	for canonical, want := range map[string]string{
		"+15005550199":   "+1 ••• ••• 0199",
		"+4915123456789": "+49 ••• ••• 6789",
		"+390669821234":  "+39 ••• ••• 1234",
		"+2901234":       "+290 ••• ••• 34", // four digits would reveal a short number
		"+6834002":       "+683 ••• ••• 02",
		"":               "•••",
	} {
		if got := (Address{Canonical: canonical}).Masked(); got != want {
			t.Errorf("mask of %q: got %q, want %q", canonical, got, want)
		}
	}
}

func TestEveryCountryInTheListCanBeChosen(t *testing.T) {
	list := Countries()
	if len(list) < 200 {
		t.Errorf("%d countries, want more than 200", len(list))
	}
	for i, c := range list {
		if !supported(c.Code) || c.Name == "" || c.Name == c.Code || c.Calling == 0 {
			t.Errorf("%+v cannot be chosen", c)
		}
		if i > 0 && fold(list[i-1].Name) > fold(c.Name) {
			t.Errorf("%q is listed before %q", list[i-1].Name, c.Name)
		}
	}
}
