package oncall

import (
	"cmp"
	"slices"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// NumberPlanVersion is the version of libphonenumber whose metadata decide which numbers
// exist. A test compares it with the module that carries them.
const NumberPlanVersion = "9.0.32"

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
