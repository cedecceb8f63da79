package oncall

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
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

var (
	wireForm  = regexp.MustCompile(`^\+[0-9]+$`)
	typedForm = regexp.MustCompile(`^[(\[ ]*\+?[0-9 .()/\-\[\]]*$`)
	// extensionForm only explains why a number does not match.
	extensionForm = regexp.MustCompile(`(?i)[0-9 )\]][ ;,]*(x|ext|ext\.|extn|extension|durchwahl|poste|interno|anexo|доб|доб\.|#|;|,)[ .:=]*[0-9]+#?$`)
)

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
	number, canonical, refusal := parseStable(text, e.Country)
	if refusal != nil {
		return AddressCheck{}, refusal
	}
	if refusal := e.checkSatellite(canonical); refusal != nil {
		return AddressCheck{}, refusal
	}
	if refusal := checkPossible(number, canonical); refusal != nil {
		return AddressCheck{}, refusal
	}
	kind := phonenumbers.GetNumberType(number)
	if (kind == phonenumbers.PREMIUM_RATE || kind == phonenumbers.SHARED_COST) && !e.AllowCostly {
		return AddressCheck{}, refuse(Costly, "Premium-rate and shared-cost numbers are not allowed, because calling one costs extra: use an ordinary number.")
	}
	if refusal := e.checkCountry(number); refusal != nil {
		return AddressCheck{}, refusal
	}
	check := AddressCheck{Address: Address{Given: e.Text, Canonical: canonical}, Line: cmp.Or(lines[kind], UnknownLine)}
	if e.Typed {
		check.Given = canonical
		check.Shown = phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
		check.Country = countryOf(number)
		check.Warnings = e.phoneWarnings(kind, canonical)
	}
	return check, nil
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

// plainNumber returns the digits of the text, after a + if it begins with + or 00. It
// refuses full-width digits, letters, extensions and tel:, which the parser accepts but
// a dialler does not.
func (e AddressInput) plainNumber() (string, *FieldError) {
	text, form := e.Text, wireForm
	if e.Typed {
		text, form = tidyNumber(text), typedForm
	}
	switch {
	case text == "":
		return "", refuse(Required, "Enter the phone number, starting with + and the country code, for example "+e.example()+".")
	case form.MatchString(text):
	case extensionForm.MatchString(text):
		return "", refuse(Extension, "An extension cannot be dialled: use a number that reaches the person directly.")
	case e.Typed:
		return "", refuse(NotPlain, "Write the phone number with the digits 0 to 9 only, for example "+e.example()+".")
	default:
		return "", refuse(NotPlain, "Write the phone number as + and the digits 0 to 9 only, for example "+e.example()+".")
	}
	plain := digits(text)
	if rest, ok := strings.CutPrefix(plain, "00"); ok && e.Typed {
		plain = "+" + rest
	}
	switch {
	case !strings.HasPrefix(plain, "+") && e.Country == "":
		return "", refuse(NotInternational, "Start with + and the country code, for example "+e.example()+", or choose the country.")
	case e.Country != "" && !supported(e.Country):
		return "", &FieldError{Field: FieldCountry, Reason: NotOneOf, Message: "Choose a country from the list."}
	}
	return plain, nil
}

func (e AddressInput) example() string {
	if e.Typed {
		return "+1 500 555 0199"
	}
	return "+15005550199"
}

// tidyNumber cleans a copied number: it removes invisible marks and replaces typographic
// dashes and spaces.
func tidyNumber(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Pd, r), r == '−':
			return '-'
		}
		return r
	}, text))
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, text)
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

// parseStable parses a number repeatedly until the result no longer changes. Removing one
// trunk prefix may reveal another, as in +44 0 020 7946 0958, and two spellings of one
// number must have one canonical form.
func parseStable(text, country string) (*phonenumbers.PhoneNumber, string, *FieldError) {
	for range 4 {
		number, err := phonenumbers.Parse(text, country)
		if err != nil {
			return nil, "", unparseable(err)
		}
		canonical := phonenumbers.Format(number, phonenumbers.E164)
		if canonical == text {
			return number, canonical, nil
		}
		text, country = canonical, ""
	}
	return nil, "", refuse(NotPossible, "No phone number looks like this: check it digit by digit.")
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
		return refuse(LocalOnly, "This number works only within its own area: add the area code.")
	}
	return refuse(NotPossible, "No number in "+placeOf(number)+" has this many digits: check it digit by digit.")
}

// phoneWarnings returns the warnings about a number that is allowed but doubtful.
func (e AddressInput) phoneWarnings(kind phonenumbers.PhoneNumberType, canonical string) []FieldError {
	var warnings []FieldError
	if kind == phonenumbers.UNKNOWN {
		warnings = append(warnings, warn(Unassigned, canonical,
			"This number is in no range that is known to be in use: check it digit by digit."))
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

// placeOf names the country of a number for a sentence.
func placeOf(number *phonenumbers.PhoneNumber) string {
	code := "+" + strconv.Itoa(int(number.GetCountryCode()))
	if name := countryOf(number); name != "" {
		return name + " (" + code + ")"
	}
	return "country code " + code
}

// countryOf returns the name of a number's country. It returns "" if the number is of no
// country, or may be of several that share its country code.
func countryOf(number *phonenumbers.PhoneNumber) string {
	region := phonenumbers.GetRegionCodeForNumber(number)
	if region == "" {
		regions := phonenumbers.GetRegionCodesForCountryCode(int(number.GetCountryCode()))
		if len(regions) != 1 {
			return ""
		}
		region = regions[0]
	}
	return regionName(region)
}

// renamed are countries whose names in x/text are out of date.
var renamed = map[string]string{"SZ": "Eswatini", "MK": "North Macedonia"}

func regionName(region string) string {
	if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return "international service"
	}
	if name, ok := renamed[region]; ok {
		return name
	}
	tag, err := language.ParseRegion(region)
	if err != nil {
		return ""
	}
	return display.English.Regions().Name(tag)
}

// Country is a country whose national numbers can be parsed.
type Country struct {
	Code    string // ISO 3166, for example DE
	Name    string // in English
	Calling int    // country calling code, for example 49
}

// Countries returns every country whose numbers can be parsed, by name.
func Countries() []Country { return slices.Clone(countries()) }

var countries = sync.OnceValue(func() []Country {
	var list []Country
	for region := range phonenumbers.GetSupportedRegions() {
		list = append(list, Country{Code: region, Name: regionName(region), Calling: phonenumbers.GetCountryCodeForRegion(region)})
	}
	slices.SortFunc(list, func(a, b Country) int {
		return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.Code, b.Code))
	})
	return list
})

func supported(country string) bool { return phonenumbers.GetSupportedRegions()[country] }

// maskPhone keeps the country code and the last four digits of a number, or the
// last two of a short one.
func maskPhone(e164 string) string {
	code, national := splitCallingCode(e164)
	if code == "" {
		return "•••"
	}
	visible := 4
	if len(national) < 8 {
		visible = 2
	}
	return code + " ••• ••• " + national[max(0, len(national)-visible):]
}

// callingCodes are all country calling codes. None is a prefix of another.
var callingCodes = sync.OnceValue(phonenumbers.GetSupportedCallingCodes)

// splitCallingCode splits +12065550100 into +1 and 2065550100. The code is "" if no
// country has it.
func splitCallingCode(e164 string) (code, national string) {
	for end := 2; end <= min(4, len(e164)); end++ {
		n, err := strconv.Atoi(e164[1:end])
		if err == nil && callingCodes()[n] {
			return e164[:end], e164[end:]
		}
	}
	return "", e164
}
