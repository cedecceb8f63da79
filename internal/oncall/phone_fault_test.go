package oncall

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The sentences that several rows expect.
const (
	sayDecimal     = "A spreadsheet has made a decimal of this phone number: write its digits as text, without a decimal point, for example +1 500 555 0199."
	sayWireDecimal = "A spreadsheet has made a decimal of this phone number: write its digits as text, without a decimal point, for example +15005550199."
	sayPower       = "A spreadsheet has shortened this phone number and lost digits of it: write all its digits as text, for example +1 500 555 0199."
	sayWirePower   = "A spreadsheet has shortened this phone number and lost digits of it: write all its digits as text, for example +15005550199."
	sayEnding      = "The digits at the end, after the slash or in brackets, may be an extension or the end of another number: write the one number that reaches the person."
	sayTwoByEnding = "Write one phone number only: the digits at the end, after the slash or in brackets, may be an extension or the end of another number."
)

func sayLostPlus(country string) string {
	return "This number begins with the country code of " + country + " but has no +: write the + if it is an international number."
}

func sayFromAbroad(place string) string {
	return "Write this number as it is dialled from abroad, without a prefix that is dialled only within " + place + "."
}

func TestDecimalsOfASpreadsheetAreNoNumbers(t *testing.T) {
	runAddresses(t, []addressCase{
		{typed, Voice, "3012345678.0", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "3012345678,0", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "3012345678.00", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "3012345678. 0", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "3012345678 . 00", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "3012345678.123", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "5,005,550,199", "US", "", NotPlain, sayDigits},
		{typed, Voice, "+1,206,555,0100", "", "", NotPlain, sayDigits},
		{typed, Voice, "3012345678.0 ", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "\u200b3012345678.0\n", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "3012345678.5", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "030123456.000", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "+493012345678.0", "", "", Spreadsheet, sayDecimal},
		{typed, Voice, "+49 30 12345678.0", "", "", Spreadsheet, sayDecimal},
		{typed, Voice, "00493012345678.0", "", "", Spreadsheet, sayDecimal},
		{typed, Voice, "+49.30.12345678.0", "", "", Spreadsheet, sayDecimal},
		{typed, Voice, "3,012,345,678.00", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "3.012.345.678,0", "DE", "", Spreadsheet, sayDecimal},
		{typed, Voice, "4.91701E+11", "DE", "", Spreadsheet, sayPower},
		{typed, Voice, "4,91701E+11", "DE", "", Spreadsheet, sayPower},
		{typed, Voice, "4.91701e11", "", "", Spreadsheet, sayPower},
		{typed, Voice, "491E9", "DE", "", Spreadsheet, sayPower},
		{wire, Voice, "+3012345678.0", "", "", Spreadsheet, sayWireDecimal},
		{wire, Voice, "3012345678,0", "", "", Spreadsheet, sayWireDecimal},
		{wire, Voice, "4.91701E+11", "", "", Spreadsheet, sayWirePower},

		{typed, Voice, "+1.500.555.0199", "", "+15005550199", "", ""},
		{typed, Voice, "+1 206.555.0100", "", "+12065550100", "", ""},
		{typed, Voice, "+1.206.555.0000", "", "+12065550000", "", ""},
		{typed, Voice, "206 555.0000", "US", "+12065550000", "", ""},
		{typed, Voice, "01.23.45.67.89", "FR", "+33123456789", "", ""},
		{typed, Voice, "01.23.45.67.00", "FR", "+33123456700", "", ""},
		{typed, Voice, "0171.1234567", "DE", "+491711234567", "", ""},
		{typed, Voice, "030.12345678", "DE", "+493012345678", "", ""},
		{typed, Voice, "+15005550199.", "", "+15005550199", "", ""},
		{typed, Voice, "3012345670", "DE", "+493012345670", "", ""},
	})
}

func TestTwoNumbersAreNotRunTogether(t *testing.T) {
	runAddresses(t, []addressCase{
		{typed, Voice, "+43 1 5123\n4512", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1 5123\r\n4512", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1 5123\r4512", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1 5123\t4512", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1 5123\v4512", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1 5123\u00854512", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1 5123\u20284512", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1 5123\u20294512", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1\n5123", "", "", TwoNumbers, sayOneLine},
		{typed, Voice, "+43 1 5123\x1b4512", "", "", NotPlain, sayDigits},
		{typed, Voice, "+1 206 555 0100 or 206 555 0101", "", "", TwoNumbers, sayOneNumber},
		{typed, Voice, "030 123456 oder 0171 1234567", "DE", "", TwoNumbers, sayOneNumber},
		{typed, Voice, "+1 206 555 0100; +1 206 555 0101", "", "", TwoNumbers, sayOneNumber},
		{typed, Voice, "+12065550100,+12065550101", "", "", TwoNumbers, sayOneNumber},
		{typed, Voice, "+1 206 555 0100 +1 206 555 0101", "", "", TwoNumbers, sayOneNumber},
		{typed, Voice, "+1 206 555 0100 | 206 555 0101", "", "", TwoNumbers, sayOneNumber},
		{typed, Voice, "+1 206 555 0100 / +1 206 555 0101", "", "", TwoNumbers, sayOneNumber},
		{wire, Voice, "+12065550100,+12065550101", "", "", TwoNumbers, sayOneNumber},
		{typed, Voice, "+1 206 555 0100/206 555 0101", "", "", TwoNumbers, sayTwoByEnding},
		{typed, Voice, "206 555 0100/01", "US", "", TwoNumbers, sayTwoByEnding},
		{typed, Voice, "+1 206 555 0100 (4512)", "", "", TwoNumbers, sayTwoByEnding},

		{typed, Voice, "030 12345/46", "DE", "+49301234546", Ending, sayEnding},
		{typed, Voice, "12345/46", "AT", "+431234546", Ending, sayEnding},
		{typed, Voice, "+43 1 5123 ((4512))", "", "+43151234512", Ending, sayEnding},
		{typed, Voice, "+43 1 5123 (4512", "", "+43151234512", Ending, sayEnding},
		{typed, Voice, "03012345/46", "DE", "+49301234546", Ending, sayEnding},
		{typed, Voice, "(030) 12345 / 46", "DE", "+49301234546", Ending, sayEnding},
		{typed, Voice, "030/12345/46", "DE", "+49301234546", Ending, sayEnding},
		{typed, Voice, "+49 30 12345/-46", "", "+49301234546", Ending, sayEnding},
		{typed, Voice, "+43 1 5123/4512", "", "+43151234512", Ending, sayEnding},
		{typed, Voice, "+43 1 5123 (4512)", "", "+43151234512", Ending, sayEnding},
		{typed, Voice, "+43 1 5123(4512)", "", "+43151234512", Ending, sayEnding},
		{typed, Voice, "+43 1 5123 [4512]", "", "+43151234512", Ending, sayEnding},

		{typed, Voice, "+1/500/555/0199", "", "+15005550199", "", ""},
		{typed, Voice, "+44 (0)7911 123456", "", "+447911123456", "", ""},
		{typed, Voice, "(030) 12345678", "DE", "+493012345678", "", ""},
		{typed, Voice, "030/12345678", "DE", "+493012345678", "", ""},
		{typed, Voice, "030 (12345678)", "DE", "+493012345678", "", ""},
		{typed, Voice, "+49 30 / 123456", "", "+4930123456", "", ""},
		{typed, Voice, "0171/1234567", "DE", "+491711234567", "", ""},
		{typed, Voice, "+49 (0)171/1234567", "", "+491711234567", "", ""},
		{typed, Voice, "05022/123456", "DE", "+495022123456", "", ""},
		{typed, Voice, "+1 (206) 555/0100", "", "+12065550100", "", ""},
		{typed, Voice, "+1 206 555 (0100)", "", "+12065550100", "", ""},
		{typed, Voice, "+39/06/6982/1234", "", "+390669821234", "", ""},
		{typed, Voice, "+44 20 7946/0958", "", "+442079460958", "", ""},
		{typed, Voice, "030 12345-46", "DE", "+49301234546", "", ""}, // a direct-dial number is dialled whole
	})
}

func TestLostPlusIsAskedAbout(t *testing.T) {
	runAddresses(t, []addressCase{
		{typed, Voice, "4915123456789", "DE", "+494915123456789", LostPlus, sayLostPlus("Germany")},
		{typed, Voice, "49 151 23456789", "DE", "+494915123456789", LostPlus, sayLostPlus("Germany")},
		{typed, Voice, "49-1512-3456789", "DE", "+494915123456789", LostPlus, sayLostPlus("Germany")},
		{typed, Voice, "(49) 151 23456789", "DE", "+494915123456789", LostPlus, sayLostPlus("Germany")},
		{typed, Voice, "49 (0)151 23456789", "DE", "+4915123456789", "", ""}, // too long for any other reading
		{typed, Voice, "493012345678", "DE", "+493012345678", "", ""},
		{typed, Voice, "4366412345678", "AT", "+4366412345678", "", ""},

		{typed, Voice, "62812345678", "ID", "+6262812345678", LostPlus, sayLostPlus("Indonesia")},
		{typed, Voice, "62218350123", "ID", "+6262218350123", LostPlus, sayLostPlus("Indonesia")},
		{typed, Voice, "38343201234", "XK", "+38338343201234", LostPlus, sayLostPlus("Kosovo")},
		{typed, Voice, "468123456", "SE", "+46468123456", LostPlus, sayLostPlus("Sweden")},

		{typed, Voice, "3911234567", "IT", "+393911234567", "", ""},
		{typed, Voice, "0491 5123456", "DE", "+494915123456", "", ""},
		{typed, Voice, "491 5123456", "DE", "+494915123456", "", ""},
		{typed, Voice, "393451234567", "IT", "+393451234567", "", ""}, // too long for any other reading
		{typed, Voice, "12065550100", "US", "+12065550100", "", ""},   // 1 is the national prefix too
		{typed, Voice, "447911123456", "GB", "+447911123456", "", ""},
		{typed, Voice, "33612345678", "FR", "+33612345678", "", ""},
		{typed, Voice, "79123456789", "RU", "+79123456789", "", ""},
		{typed, Voice, "77012345678", "KZ", "+77012345678", "", ""},
		{typed, Voice, "7012345678", "KZ", "+77012345678", "", ""},
		{typed, Voice, "6591234567", "SG", "+6591234567", "", ""},
		{typed, Voice, "65123456", "SG", "+6565123456", "", ""},
		{typed, Voice, "919812345678", "IN", "+919812345678", "", ""},
		{typed, Voice, "9198123456", "IN", "+919198123456", "", ""},
		{typed, Voice, "+49 4915123456", "", "+494915123456", "", ""},
	})
}

func TestQuestionsSuggestTheOtherReading(t *testing.T) {
	for _, c := range []struct{ text, country, want string }{
		{"4915123456789", "DE", "+4915123456789"},
		{"030 12345/46", "DE", "+493012345"},
		{"+43 1 5123 (4512)", "", "+4315123"},
		{"030 12345/46/47", "DE", "+493012345"},
		{"206 555 0100/01", "US", "+12065550100"},
	} {
		got, refusal := AddressInput{Type: Voice, Text: c.text, Country: c.country, Typed: true}.Parse()
		if refusal != nil {
			got.Warnings = append(got.Warnings, *refusal)
		}
		if len(got.Warnings) == 0 || got.Warnings[0].Suggestion != c.want || refusal == nil && !got.Warnings[0].IsQuestion() {
			t.Errorf("%q: got %+v, want a question that suggests %s", c.text, got.Warnings, c.want)
		}
	}
}

func TestWholeNumberDoesNotBecomeAnother(t *testing.T) {
	runAddresses(t, []addressCase{
		{wire, Voice, "+3758105261733", "", "", NotPossible, sayFromAbroad("Belarus (+375)")},
		{wire, Voice, "+4400207946095", "", "", NotPossible, sayFromAbroad("country code +44")},
		{wire, Voice, "+440002079460958", "", "", NotPossible, sayFromAbroad("country code +44")},
		{wire, Voice, "+112065550100", "", "", NotPossible, sayFromAbroad("United States (+1): the country code stands there twice")},
		{wire, Voice, "+789123456789", "", "", NotPossible, sayFromAbroad("Russia (+7)")},
		{wire, Voice, "+360612345678", "", "", NotPossible, sayFromAbroad("Hungary (+36)")},
		{wire, Voice, "+5501511912345678", "", "", NotPossible, sayFromAbroad("Brazil (+55): leave out the code of the telephone company after +55")},
		{wire, Voice, "+54111523456789", "", "", NotPossible, sayFromAbroad("Argentina (+54): leave out the 15, and write a 9 before the area code")},
		{typed, Voice, "+375 8105261733", "", "", NotPossible, sayFromAbroad("Belarus (+375)")},
		{typed, Voice, "015 11 91234 5678", "BR", "", NotPossible, sayFromAbroad("Brazil (+55): leave out the code of the telephone company after +55")},
		{typed, Voice, "460 1234", "AG", "", LocalOnly, sayArea},
		{typed, Voice, "22 123 45", "MG", "", LocalOnly, sayArea},

		{wire, Voice, "+4402079460958", "", "+442079460958", "", ""},
		{wire, Voice, "+4407911123456", "", "+447911123456", "", ""},
		{wire, Voice, "+4901512345678", "", "+491512345678", "", ""},
		{wire, Voice, "+390669821234", "", "+390669821234", "", ""},
		{wire, Voice, "+5491123456789", "", "+5491123456789", "", ""},
		{wire, Voice, "+375291234567", "", "+375291234567", "", ""},
		{typed, Voice, "+44 (0)07911 123456", "", "+447911123456", "", ""},
		{typed, Voice, "+7 8 912 345 67 89", "", "+79123456789", "", ""},
		{typed, Voice, "+36 06 1 234 5678", "", "+3612345678", "", ""},
		{typed, Voice, "8 017 123 45 67", "BY", "+375171234567", "", ""},
		{typed, Voice, "+54 11 15 2345 6789", "", "+5491123456789", "", ""},
		{typed, Voice, "011 15 2345 6789", "AR", "+5491123456789", "", ""},
	})
}

func TestRefusalsAndWarningsSayWhatToWriteInstead(t *testing.T) {
	for _, c := range []struct{ text, country, hint, suggestion string }{
		{"+52 1 55 1234 5678", "", "leave out the 1 after +52", "+525512345678"},
		{"+52 01 55 1234 5678", "", "leave out the 01 after +52", "+525512345678"},
		{"+52 044 55 1234 5678", "", "leave out the 044 after +52", "+525512345678"},
		{"1 55 1234 5678", "MX", "leave out the 1 after +52", "+525512345678"},
		{"52 1 55 1234 5678", "MX", "leave out the 1 after +52", "+525512345678"},
		{"55 015 11 91234 5678", "BR", "leave out the code of the telephone company", "+5511912345678"},
		{"+54 15 2345 6789", "", "leave out the 15", "+5491123456789"},
		{"+54 9 11 15 2345 6789", "", "leave out the 15", "+5491123456789"},
		{"+55 11 8765 4321", "", "mobile numbers in Brazil have a 9 after the area code", "+5511987654321"},
		{"+39 6 6982 1234", "", "fixed lines in Italy keep the 0 of their area code", "+390669821234"},
		{"+8 912 345 67 89", "", "write +7 in place of the 8", "+79123456789"},
		{"+44 44 7911 123456", "", "the country code stands there twice", "+447911123456"},
	} {
		got, refusal := AddressInput{Type: Voice, Text: c.text, Country: c.country, Typed: true}.Parse()
		found := got.Warnings
		if refusal != nil {
			found = []FieldError{*refusal}
		}
		if !slices.ContainsFunc(found, func(f FieldError) bool {
			return strings.Contains(f.Message, c.hint) && strings.HasSuffix(f.Message, ".") && f.Suggestion == c.suggestion
		}) {
			t.Errorf("%q: got %+v (%s), want %q and %s", c.text, found, got.Canonical, c.hint, c.suggestion)
		}
	}
	wireRefusal := func(text string) string {
		_, refusal := AddressInput{Type: Voice, Text: text}.Parse()
		if refusal == nil {
			return ""
		}
		return refusal.Message
	}
	if got := wireRefusal("+5215512345678"); !strings.Contains(got, "leave out the 1 ") {
		t.Errorf("through the API: got %q", got)
	}
	if got := wireRefusal("+54111523456789"); !strings.Contains(got, "leave out the 15") {
		t.Errorf("through the API: got %q", got)
	}
}

// Every advice leads to a number that is accepted without a question.
func TestAdviceLeadsToANumberInAnAssignedRange(t *testing.T) {
	for _, a := range advices {
		if !strings.HasPrefix(a.form.String(), `^\+`) || a.hint == "" || strings.HasSuffix(a.hint, ".") {
			t.Errorf("%v", a)
		}
	}
}

// modulePlans are the versions of the metadata in the versions of the module, from its
// changelog.
var modulePlans = map[string]string{"v1.8.1": "9.0.32"}

func TestNumberPlanVersionIsThatOfTheModule(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`nyaruka/phonenumbers (v[0-9.]+)`).FindSubmatch(text)
	if found == nil || modulePlans[string(found[1])] != NumberPlanVersion {
		t.Errorf("go.mod names %q and Callbook the plan %s: look the plan up in the changelog of the module, and name both here", found, NumberPlanVersion)
	}
}
