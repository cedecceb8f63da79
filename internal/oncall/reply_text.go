package oncall

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foldReply returns a text in small Latin letters without marks, with ASCII digits and
// plain spaces, and without what is not seen. Line breaks stay.
func foldReply(text string) string {
	return fold(strings.Map(visible, strings.ToValidUTF8(text, " ")))
}

// visible maps a character to what it looks like, or to -1 if nothing is seen of it. A
// character that holds digits without being one, such as ½ or ⑤, becomes U+FFFD.
func visible(r rune) rune {
	switch {
	case r >= ' ' && r <= '~' || r == '\n':
		return r
	case unicode.Is(unicode.Nd, r):
		return asciiDigit(r)
	case strings.ContainsRune("\r\v\f\u0085\u2028\u2029", r):
		return '\n'
	case unicode.IsSpace(r), r == '\u2800': // the empty pattern of Braille
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Me, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return -1
	case unicode.Is(unicode.Pd, r), r == '−':
		return '-'
	case strings.ContainsRune("。｡．·•‧∙⋅・", r):
		return '.'
	case '\U0001F150' <= r && r <= '\U0001F169': // letters in black circles
		return 'a' + r - '\U0001F150'
	case '\U0001F170' <= r && r <= '\U0001F189': // and in black squares
		return 'a' + r - '\U0001F170'
	case r == '٬', r == '٫': // the thousands and the decimal separator of Arabic
		return '.'
	case r == '،', r == '、', r == '，':
		return ','
	case r == '؛':
		return ';'
	case r == '؟':
		return '?'
	case r == '№':
		return '#'
	case strings.ContainsAny(norm.NFKD.String(string(r)), "0123456789"):
		return unicode.ReplacementChar
	}
	return r
}

// asciiDigit returns the ASCII digit of a decimal digit. Unicode keeps the ten digits of a
// script together, the zero first.
func asciiDigit(r rune) rune {
	for _, in := range unicode.Nd.R16 {
		if rune(in.Lo) <= r && r <= rune(in.Hi) {
			return '0' + (r-rune(in.Lo))%10
		}
	}
	for _, in := range unicode.Nd.R32 {
		if rune(in.Lo) <= r && r <= rune(in.Hi) {
			return '0' + (r-rune(in.Lo))%10
		}
	}
	return r
}

var (
	apostrophes = strings.NewReplacer("'", "", "’", "", "ʼ", "", "‘", "", "`", "")
	// spelled is a word written letter by letter, s t o p or s.t.o.p, or "opt - out".
	spelled   = regexp.MustCompile(`\b(?:[a-z](?:[ .*_-]{1,3}[a-z]){2,}|opt ?[-._*] ?out|un[._]subscribe)\b`)
	clauseEnd = regexp.MustCompile(`[\n.!?:;,…]+| - |\d -+`)
	noLetters = regexp.MustCompile(`\P{L}+`)
)

// joinSpelled joins the letters of spelled words.
func joinSpelled(folded string) string {
	return spelled.ReplaceAllStringFunc(folded, func(s string) string { return noLetters.ReplaceAllString(s, "") })
}

var someLetters = regexp.MustCompile(`\pL+`)

// latinWords writes those words of a folded text in Latin letters that are spelled like a
// word for stop with letters of other scripts.
func latinWords(folded string) string {
	return someLetters.ReplaceAllStringFunc(folded, func(word string) string {
		if latin := strings.ReplaceAll(inLatin(word), "т", "t"); stopWords[latin] {
			return latin
		}
		return word
	})
}

// clauses splits a folded text at punctuation.
func clauses(folded string) []string { return clauseEnd.Split(folded, -1) }

// wordsOf returns the words of a folded text with one space between them: letters only,
// "don't" as dont.
func wordsOf(folded string) string {
	return strings.TrimSpace(noLetters.ReplaceAllString(apostrophes.Replace(folded), " "))
}

// signature is where the signature of a phone or of a mail program begins.
var signature = regexp.MustCompile(`(?m)^\s*(?:--|__)\s*$|\b(?:sent (?:from|via|with|using)|get outlook for|envoye (?:de|depuis)|enviado desde|gesendet (?:von|mit)|von (?:meinem|meiner) [a-z]+ gesendet|inviato da|verzonden vanaf)\b`)

// signedName is a name after a dash at the end of a text: "-Ana", "~ Kim".
var signedName = regexp.MustCompile(` [-~]+ ?\pL[\pL ]{0,30}\s*$`)

// withoutSignature cuts a signature off, unless nothing is left then.
func withoutSignature(folded string) string {
	at := signature.FindStringIndex(folded)
	if at == nil || strings.TrimSpace(folded[:at[0]]) == "" {
		return folded
	}
	return folded[:at[0]]
}

// reaction is how phones write a reaction to a message, for phones that do not know
// reactions. The text of the message follows, mostly in quotation marks.
var reaction = regexp.MustCompile(`^\s*(?:(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned)\b|(?:reacted|removed)\b[^\n"“”„«»]{0,40}\b(?:to|from|with)\b|[^\pL\pN\s"“”„«»‘’'>(]{1,12}\s*to\b)\s*`)

// maxQuotations is how many marks of a text are looked at, each at the cost of its length.
const maxQuotations = 30

// withoutQuotes returns a folded text without the messages that it repeats, and whether
// there were any. A text that is one quotation was pasted as a whole: it is returned
// without its marks.
func withoutQuotes(folded string) (own string, quoted bool) {
	own, quoted = withoutQuotedLines(folded)
	text := strings.TrimSpace(own)
	if q := quotationAt(text, 0); q.closed && strings.Trim(text[q.end:], " \n.!") == "" {
		return q.body, quoted
	}
	if at := reaction.FindStringIndex(text); at != nil {
		q := quotationAt(text, at[1])
		if strings.HasPrefix(strings.TrimLeftFunc(text[at[1]:], func(r rune) bool { return !unicode.IsLetter(r) }), "callbook") && q.end == 0 {
			_, after, _ := strings.Cut(text[at[1]:], "\n")
			return after, true
		}
		if q.end > 0 {
			return text[q.end:], true
		}
	}
	var b strings.Builder
	last, seen := 0, 0
	for i, r := range text {
		if i < last || quotationEnds[r] == "" || seen == maxQuotations {
			continue
		}
		q := quotationAt(text, i)
		seen++
		if repeats := q.repeatsMessage(); repeats {
			b.WriteString(text[last:i] + "\n")
			last, quoted = q.end, true
		} else if q.closed {
			b.WriteString(text[last:q.end])
			last = q.end
		}
	}
	return b.String() + text[last:], quoted
}

// withoutQuotedLines returns a text without the lines that begin with >, if they repeat a
// message.
func withoutQuotedLines(folded string) (own string, quoted bool) {
	var kept, repeated strings.Builder
	for line := range strings.Lines(folded) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), ">"); ok {
			repeated.WriteString(rest + "\n")
		} else {
			kept.WriteString(line)
		}
	}
	if strings.Contains(repeated.String(), "callbook") || len(codesIn(repeated.String())) > 0 {
		return kept.String(), true
	}
	return folded, false
}

// quotationEnds are the marks that begin a quotation, and those that end it.
var quotationEnds = map[rune]string{'"': `"`, '“': "”", '”': "”", '„': "“”", '«': "»", '»': "«", '‹': "›", '「': "」", '『': "』", '‘': "’", '‚': "‘’", '\'': "'", '`': "`'", '❝': "❞", '〝': "〞〟"}

// quotation is a part of a text in quotation marks.
type quotation struct {
	body   string
	end    int  // where the text goes on after it; 0: there is no quotation
	closed bool // it has an end; otherwise it goes on to the end of its line
}

// quotationAt returns the quotation that begins at a place in a text, if one does. An
// apostrophe within a word begins and ends none.
func quotationAt(text string, at int) quotation {
	opening, size := utf8.DecodeRuneInString(text[at:])
	ends, single := quotationEnds[opening], strings.ContainsRune("'‘`", opening)
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	if ends == "" || single && at > 0 && !unicode.IsSpace(before) {
		return quotation{}
	}
	depth := 1
	for i, r := range text[at+size:] {
		from := at + size + i
		next, _ := utf8.DecodeRuneInString(text[from+utf8.RuneLen(r):])
		switch {
		case strings.ContainsRune(ends, r) && !(single && unicode.IsLetter(next)):
			depth--
		case r == opening:
			depth++
		}
		if depth == 0 {
			return quotation{text[at+size : from], from + utf8.RuneLen(r), true}
		}
	}
	body, _, _ := strings.Cut(text[at+size:], "\n")
	return quotation{body, at + size + len(body), false}
}

// repeatsMessage reports whether a quotation is a message that Callbook sent: it has our
// name, or is a sentence with a code. A phone may set it in a sentence of any language.
func (q quotation) repeatsMessage() bool {
	ours := strings.HasPrefix(strings.TrimSpace(q.body), "callbook")
	return q.end > 0 && (ours || q.closed && len(codesIn(q.body)) > 0 && len(strings.Fields(wordsOf(q.body))) >= 3)
}
