package oncall

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// codeLen is how many digits a code has.
const codeLen = 6

var (
	spaces = regexp.MustCompile(` {2,}`)
	// links are web and email addresses. Digits in them are no code.
	links = regexp.MustCompile(`\S*://\S*|\bwww\.\S*|\S+@\S+\.\S+|\b[a-z0-9-]+\.[a-z]{2,}/\S*`)
	// times are hours and minutes. Digits after them are no part of one number with them.
	times = regexp.MustCompile(`\b\d{1,2}:\d{2}(?::\d{2})?\b`)
	// readOut are six digits as a call says them: 1, 2, 3, 4, 5, 6.
	readOut = regexp.MustCompile(`\b\d(?:(?:, ?| and )\d){5}\b`)
	// numberRow is what may be one number: groups of digits, and what people write between
	// the groups of a number.
	numberRow  = regexp.MustCompile(`[+(]{0,2}\d+(?:(?:\)? ?[-./_(] ?\(?|\)? )\d+)*`)
	digitGroup = regexp.MustCompile(`\d+`)
	notDigits  = regexp.MustCompile(`\D+`)
	afterPhone = regexp.MustCompile(`\b(?:tel|telephone|fax|ext|extension|call|ring|dial|x)\b[.:]? ?$`)
	// notOfCode is a letter or a symbol that does not stand beside a code that is alone.
	notOfCode = regexp.MustCompile(`[^\s\d.,_#*()\[\]{}<>"'“”„«»‘’!?:;/-]`)
)

// isWholeCode reports whether a folded text has six digits and no letter or symbol.
func isWholeCode(folded string) bool {
	return len(notDigits.ReplaceAllString(folded, "")) == codeLen && !notOfCode.MatchString(folded)
}

// codesIn returns the different runs of six digits in a folded text, up to
// MaxReplyCodes, except those that belong to something else.
func codesIn(folded string) []string {
	if isWholeCode(folded) {
		return []string{notDigits.ReplaceAllString(folded, "")}
	}
	text := links.ReplaceAllString(spaces.ReplaceAllString(folded, " "), "\n")
	text = times.ReplaceAllString(text, "\n")
	text = readOut.ReplaceAllStringFunc(text, func(s string) string { return notDigits.ReplaceAllString(s, "") })
	var codes []string
	for _, at := range numberRow.FindAllStringIndex(text, -1) {
		if afterPhone.MatchString(text[max(0, at[0]-16):at[0]]) {
			continue
		}
		for _, code := range codesInRow(text[at[0]:at[1]]) {
			if !slices.Contains(codes, code) && len(codes) < MaxReplyCodes {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

// codesInRow returns the codes in a row of groups of digits. A row of six digits is a code
// unless it is a date. Of a longer row, each group of six is one unless it is the end of a
// phone number: 206 555 0199 and 01234 567890 hold no code, 206 555 0199 123456 holds one.
func codesInRow(row string) []string {
	groups, gaps := digitGroup.FindAllString(row, -1), digitGroup.Split(row, -1)
	plus := strings.Contains(row, "+")
	if all := strings.Join(groups, ""); len(all) == codeLen && !plus {
		if !isGrouped(groups) || isDate(row, groups) {
			return nil
		}
		return []string{all}
	}
	from := 0
	if plus || len(groups) > 1 && len(groups[0]) != codeLen && strings.HasPrefix(groups[0], "00") {
		from = phoneGroups(groups)
	}
	var codes []string
	before := 0 // digits of the number that a group may belong to
	for i := from; i < len(groups); i++ {
		partOfPhone := before > 1 && before < 7 || before == 1 && groups[i-1] == "0"
		if len(groups[i]) != codeLen || partOfPhone {
			before += len(groups[i])
			continue
		}
		before = 0
		// A dash, a dot or a slash makes it part of a reference: 123456-78.
		last, joined := i == len(groups)-1, strings.Trim(gaps[i+1], " ()") != "" && gaps[i+1] != ". "
		if last || !joined || len(groups[i+1]) == codeLen {
			codes = append(codes, groups[i])
		}
	}
	return codes
}

// isGrouped reports whether people write a code in these groups: 123456, 123 456, 12 34 56,
// 1 2 3 4 5 6, 1234 56.
func isGrouped(groups []string) bool {
	even := !slices.ContainsFunc(groups, func(g string) bool { return len(g) != len(groups[0]) })
	return even || len(groups) == 2 && min(len(groups[0]), len(groups[1])) == 2
}

// isDate reports whether a row is a day: 31.12.26, 12/31/26, 26-12-31.
func isDate(row string, groups []string) bool {
	if len(groups) != 3 || !strings.ContainsAny(row, "./-") {
		return false
	}
	of := func(text string, limit int) bool {
		n, err := strconv.Atoi(text)
		return err == nil && 1 <= n && n <= limit
	}
	day, month := func(i int) bool { return of(groups[i], 31) }, func(i int) bool { return of(groups[i], 12) }
	return day(0) && month(1) || month(0) && day(1) || month(1) && day(2)
}

// phoneGroups returns how many groups of an international row are its phone number: as many
// as can be one, or all of them.
func phoneGroups(groups []string) int {
	for n := len(groups); n > 0; n-- {
		digits := strings.TrimPrefix(strings.Join(groups[:n], ""), "00")
		number, err := phonenumbers.Parse("+"+digits, "")
		if len(digits) <= maxNumberDigits && err == nil && phonenumbers.IsPossibleNumber(number) {
			return n
		}
	}
	return len(groups)
}
