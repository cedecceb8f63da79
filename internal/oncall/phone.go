package oncall

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Line is the kind of telephone line, in words, as far as the number reveals it.
type Line string

// UnknownLine is the line of a number that is in no assigned range.
const UnknownLine Line = "kind of line unknown"

var lines = map[phonenumbers.PhoneNumberType]Line{
	phonenumbers.FIXED_LINE:           "fixed line",
	phonenumbers.MOBILE:               "mobile",
	phonenumbers.FIXED_LINE_OR_MOBILE: "fixed line or mobile",
	phonenumbers.TOLL_FREE:            "toll-free",
	phonenumbers.PREMIUM_RATE:         "premium rate",
	phonenumbers.SHARED_COST:          "shared cost",
	phonenumbers.VOIP:                 "internet telephone",
	phonenumbers.PERSONAL_NUMBER:      "personal number",
	phonenumbers.PAGER:                "pager",
	phonenumbers.UAN:                  "company number",
	phonenumbers.VOICEMAIL:            "voicemail",
}

// maxNumberDigits is the limit of E.164, including the country code.
const maxNumberDigits = 15

// costlyPrefixes are satellite and global premium services. The numbering plans list
// some of their numbers as mobile.
var costlyPrefixes = []string{"+870", "+881", "+882", "+883", "+979"}

// parsePhone parses a phone number. It refuses numbers that are impossible or not allowed
// for paging. Doubtful numbers pass with warnings.
func parsePhone(e AddressInput) (AddressCheck, *FieldError) {
	text, refusal := e.plainNumber()
	if refusal != nil {
		return AddressCheck{}, refusal
	}
	if refusal := e.checkSatellite(text); refusal != nil {
		return AddressCheck{}, refusal
	}
	number, canonical, refusal := e.parseNumber(text)
	if refusal == nil {
		refusal = checkPossible(number, canonical)
	}
	if refusal != nil {
		return AddressCheck{}, e.explained(text, refusal)
	}
	if refusal := e.checkAllowed(number, canonical); refusal != nil {
		return AddressCheck{}, refusal
	}
	kind := phonenumbers.GetNumberType(number)
	check := AddressCheck{Address: Address{Given: e.Text, Canonical: canonical}, Line: cmp.Or(lines[kind], UnknownLine)}
	if e.Typed {
		check.Given = canonical
		check.Warnings = append(e.questions(text, canonical), e.phoneWarnings(kind, canonical)...)
	}
	if e.Typed && !e.Brief {
		check.Shown = phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
		check.Country = countryOf(number)
	}
	return check, nil
}

// checkAllowed refuses a possible number that is not allowed for paging.
func (e AddressInput) checkAllowed(number *phonenumbers.PhoneNumber, canonical string) *FieldError {
	if refusal := e.checkSatellite(canonical); refusal != nil {
		return refusal
	}
	kind := phonenumbers.GetNumberType(number)
	if (kind == phonenumbers.PREMIUM_RATE || kind == phonenumbers.SHARED_COST) && !e.AllowCostly {
		return refuse(Costly, "Premium-rate and shared-cost numbers are not allowed, because calling one costs extra: use an ordinary number.")
	}
	return e.checkCountry(number)
}

// CheckCountries returns an error without a Kind that lists every code that is not the
// ISO 3166 code of a country with phone numbers.
func CheckCountries(codes []string) error {
	var wrong []error
	for _, code := range codes {
		if !supported(code) {
			advice := "use two letters, such as DE, GB or US"
			if meant := CountryMeant(code); meant != "" {
				advice = "use " + meant
			}
			wrong = append(wrong, errors.New(code+" is not a country with phone numbers: "+advice))
		}
	}
	return errors.Join(wrong...)
}

// checkCountry refuses a number of a country that is not allowed.
func (e AddressInput) checkCountry(number *phonenumbers.PhoneNumber) *FieldError {
	if len(e.Countries) == 0 || slices.Contains(e.Countries, phonenumbers.GetRegionCodeForNumber(number)) {
		return nil
	}
	for _, region := range phonenumbers.GetRegionCodesForCountryCode(int(number.GetCountryCode())) {
		if slices.Contains(e.Countries, region) && phonenumbers.GetRegionCodeForNumber(number) == "" {
			return nil // in no assigned range, so the country code decides
		}
	}
	return refuse(CountryNotAllowed, "Numbers of this country are not allowed here: use another number, or ask the person who runs Callbook to allow the country.")
}

// checkSatellite refuses satellite and global premium numbers. It runs first, and again
// after a national number has become an international one.
func (e AddressInput) checkSatellite(text string) *FieldError {
	hasPrefix := func(prefix string) bool { return strings.HasPrefix(text, prefix) }
	if e.AllowCostly || !slices.ContainsFunc(costlyPrefixes, hasPrefix) {
		return nil
	}
	return refuse(Costly, "Satellite and global premium numbers (+870, +881, +882, +883, +979) are not allowed here: use an ordinary number.")
}

// parseNumber returns the number of plain digits, or of + and plain digits, and its E.164.
// The parser may leave out or change digits that callers within a country dial. parseNumber
// accepts only a national prefix that is left out, and of a program's number only a zero:
// those digits are dialled as they are.
func (e AddressInput) parseNumber(text string) (*phonenumbers.PhoneNumber, string, *FieldError) {
	if !strings.HasPrefix(text, "+") {
		return e.parseNational(text)
	}
	number, canonical, err := parsed(text, "")
	if err != nil {
		return nil, "", unparseable(err)
	}
	if canonical == text {
		return number, canonical, nil
	}
	code, _ := splitCallingCode(text)
	prefix, ok := leftOut(number, strings.TrimPrefix(text, code))
	switch {
	case ok && prefix == "0":
	case !e.Typed, !ok && !mobileOfArgentina(text, canonical), ok && !phonenumbers.IsValidNumber(number):
		return nil, "", asFromAbroad(number)
	}
	return e.parseStable(canonical)
}

// parsed returns the number of a text and its E.164.
func parsed(text, country string) (*phonenumbers.PhoneNumber, string, error) {
	number, err := phonenumbers.ParseAndKeepRawInput(text, country)
	if err != nil {
		return nil, "", err
	}
	number.RawInput = nil // or Format would return it for some numbers
	return number, phonenumbers.Format(number, phonenumbers.E164), nil
}

// parseStable parses an E.164 that the parser has made, until the result no longer changes.
// Of a typed number it accepts two more zeros to be left out, of others none.
func (e AddressInput) parseStable(text string) (*phonenumbers.PhoneNumber, string, *FieldError) {
	for range 3 {
		number, canonical, err := parsed(text, "")
		if err != nil {
			return nil, "", unparseable(err)
		}
		if canonical == text {
			return number, canonical, nil
		}
		code, _ := splitCallingCode(text)
		if prefix, ok := leftOut(number, strings.TrimPrefix(text, code)); !ok || prefix != "0" || !e.Typed {
			return nil, "", asFromAbroad(number)
		}
		text = canonical
	}
	return nil, "", refuse(NotPossible, "No phone number looks like this: check it digit by digit.")
}

// parseNational parses a number without a +, as it is dialled within the chosen country.
func (e AddressInput) parseNational(text string) (*phonenumbers.PhoneNumber, string, *FieldError) {
	number, canonical, err := parsed(text, e.Country)
	if err != nil {
		return nil, "", unparseable(err)
	}
	switch number.GetCountryCodeSource() {
	case phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD:
		return e.parseNumber(withoutDiallingOut(text, e.Country, int(number.GetCountryCode())))
	case phonenumbers.PhoneNumber_FROM_NUMBER_WITHOUT_PLUS_SIGN:
		return e.parseNumber("+" + text)
	}
	if _, ok := leftOut(number, text); ok || mobileOfArgentina("+54"+text, canonical) {
		return e.parseStable(canonical)
	}
	if national := phonenumbers.GetNationalSignificantNumber(number); strings.HasSuffix(national, text) {
		return nil, "", localOnly()
	}
	return nil, "", asFromAbroad(number)
}

// withoutDiallingOut replaces the digits by which a country dials out, such as 011 in the
// United States, by +.
func withoutDiallingOut(text, country string, code int) string {
	want, _ := phonenumbers.Parse(text, country) // it was parsed before
	for i := 1; i < len(text); i++ {
		rest := "+" + text[i:]
		if !strings.HasPrefix(rest, "+"+strconv.Itoa(code)) {
			continue
		}
		if got, err := phonenumbers.Parse(rest, ""); err == nil && phonenumbers.Format(got, phonenumbers.E164) == phonenumbers.Format(want, phonenumbers.E164) {
			return rest
		}
	}
	return text
}

// leftOut returns the national prefix that the parser has left out of the digits after the
// country code, or "". It reports false if it has left out or changed anything else, such
// as the code of a telephone company.
func leftOut(number *phonenumbers.PhoneNumber, national string) (prefix string, ok bool) {
	prefix, ok = strings.CutSuffix(national, phonenumbers.GetNationalSignificantNumber(number))
	return prefix, ok && number.GetPreferredDomesticCarrierCode() == ""
}

// mobileOfArgentina reports whether a text is the mobile number as it is dialled within
// Argentina: there the 15 after the area code stands for the 9 before it.
func mobileOfArgentina(text, canonical string) bool {
	national := strings.TrimPrefix(strings.TrimPrefix(text, "+54"), "0")
	for end := 2; end <= 4 && end+2 < len(national); end++ { // the area code has two to four digits
		if national[end:end+2] == "15" && canonical == "+549"+national[:end]+national[end+2:] {
			return true
		}
	}
	return false
}

// asFromAbroad refuses digits that are dialled only within a country.
func asFromAbroad(number *phonenumbers.PhoneNumber) *FieldError {
	return refuse(NotPossible, "Write this number as it is dialled from abroad, without a prefix that is dialled only within "+placeOf(number)+".")
}

func localOnly() *FieldError {
	return refuse(LocalOnly, "This number works only within its own area: add the area code.")
}

func unparseable(err error) *FieldError {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return refuse(UnknownCountry, "No country has this country code: check the digits after the +.")
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return refuse(TooLong, "This number has too many digits: check it for a digit typed twice.")
	}
	return refuse(TooShort, "This number has too few digits: check that none is missing.")
}

func checkPossible(number *phonenumbers.PhoneNumber, canonical string) *FieldError {
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.IS_POSSIBLE:
		if len(canonical) > len("+")+maxNumberDigits {
			return refuse(TooLong, "A phone number has at most 15 digits with its country code: check it for a digit typed twice.")
		}
		return nil
	case phonenumbers.INVALID_COUNTRY_CODE:
		return refuse(UnknownCountry, "No country has this country code: check the digits after the +.")
	case phonenumbers.TOO_SHORT:
		return refuse(TooShort, "This number is too short for "+placeOf(number)+": check that no digit is missing.")
	case phonenumbers.TOO_LONG:
		return refuse(TooLong, "This number is too long for "+placeOf(number)+": check it for a digit typed twice.")
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return localOnly()
	}
	return refuse(NotPossible, "No number in "+placeOf(number)+" has this many digits: check it digit by digit.")
}

// phoneWarnings returns the warnings about a number that is allowed but doubtful.
func (e AddressInput) phoneWarnings(kind phonenumbers.PhoneNumberType, canonical string) []FieldError {
	var warnings []FieldError
	if kind == phonenumbers.UNKNOWN {
		warnings = append(warnings, unassigned(canonical))
	}
	if e.Type != SMS {
		return warnings
	}
	switch kind {
	case phonenumbers.FIXED_LINE:
		warnings = append(warnings, warn(NoTexts, canonical,
			"This is a fixed line, and most fixed lines receive no text messages: a voice channel would reach it."))
	case phonenumbers.TOLL_FREE:
		warnings = append(warnings, warn(NoTexts, canonical,
			"This is a toll-free number, and few of them receive text messages."))
	}
	return warnings
}

// unassigned returns the warning about a number that the number plan does not know.
func unassigned(canonical string) FieldError {
	hint, meant := adviceFor(canonical)
	w := warn(Unassigned, canonical, "This number is not in an assigned range: "+cmp.Or(hint, "check it digit by digit")+
		". The number plan of Callbook (version "+NumberPlanVersion+") may be older than the number.")
	w.Suggestion = meant
	return w
}

// questions returns the warnings about a text that may mean another number than the one
// that it is read as. Only a person can answer them: see FieldError.IsQuestion.
func (e AddressInput) questions(text, canonical string) []FieldError {
	var questions []FieldError
	if meant := e.plusLost(text, canonical); meant != "" {
		q := warn(LostPlus, canonical, "This number begins with the country code of "+regionName(e.Country)+" but has no +: "+
			"write the + if it is an international number.")
		q.Suggestion = meant
		questions = append(questions, q)
	}
	if head := e.withoutEnding(); head != "" {
		q := warn(Ending, canonical, "The digits at the end, after the slash or in brackets, may be an extension or the end of another number: "+
			"write the one number that reaches the person.")
		q.Suggestion = head
		questions = append(questions, q)
	}
	return questions
}

// plusLost returns the international number that a national one is without its +, or "".
func (e AddressInput) plusLost(text, canonical string) string {
	if e.Country == "" || strings.HasPrefix(text, "+") || !strings.HasPrefix(text, strconv.Itoa(phonenumbers.GetCountryCodeForRegion(e.Country))) {
		return ""
	}
	number, meant, refusal := e.parseNumber("+" + text)
	if refusal != nil || meant == canonical || !phonenumbers.IsValidNumber(number) {
		return ""
	}
	return meant
}

// placeOf names the country of a number for a sentence.
func placeOf(number *phonenumbers.PhoneNumber) string {
	code := "+" + strconv.Itoa(int(number.GetCountryCode()))
	if name := countryOf(number); name != "" {
		return name + " (" + code + ")"
	}
	return "country code " + code
}
