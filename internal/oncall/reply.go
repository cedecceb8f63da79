package oncall

import (
	"regexp"
	"slices"
	"strings"
)

// ReplyMeaning is what a text from a person means.
type ReplyMeaning string

// The meanings. Each text has exactly one.
const (
	ReplyStop    ReplyMeaning = "stop"    // asks for no more text messages
	ReplyStart   ReplyMeaning = "start"   // allows them again
	ReplyHelp    ReplyMeaning = "help"    // asks what this is
	ReplyRefusal ReplyMeaning = "refusal" // begins with no, or says that this is a wrong number
	ReplyQuote   ReplyMeaning = "quote"   // repeats a message of Callbook and says nothing else
	ReplyCode    ReplyMeaning = "code"    // nothing but a code
	ReplyDigits  ReplyMeaning = "digits"  // a longer text with six digits that may be a code
	ReplyOther   ReplyMeaning = "other"
)

// ReplyMeanings returns every meaning.
func ReplyMeanings() []ReplyMeaning {
	return []ReplyMeaning{ReplyStop, ReplyStart, ReplyHelp, ReplyRefusal, ReplyQuote, ReplyCode, ReplyDigits, ReplyOther}
}

// Reading is a text from a person as it was read.
type Reading struct {
	Meaning ReplyMeaning
	// Codes are what may be a code, six ASCII digits each, in the order of the text. A
	// ReplyCode has one, a ReplyDigits at least one. A ReplyStart may have some. All other
	// meanings have none, because what they say is no proof.
	Codes []string
	// WrongNumber reports whether a refusal says more than no: that the number is
	// another person's, or that the sender does not know what this is about.
	WrongNumber bool
}

// maxReplyLen is how many bytes of a text are read. A text message has at most 1,600
// characters. A longer text means nothing.
const maxReplyLen = 8 << 10

// MaxReplyCodes is how many different codes of one text are tried at most. Otherwise one
// message could guess hundreds.
const MaxReplyCodes = 10

// ReadReply reads a text that a person sent, typed or pasted. optOut is what the provider
// makes of it (Twilio's OptOutType: STOP, START or HELP), which decides; any other value
// counts for nothing. Without it:
//
//   - A text asks to stop if one of its clauses consists of a word of the carriers or of the
//     FCC (stop, stopall, end, quit, cancel, unsubscribe, revoke, opt out, and ARRET in
//     Canada), with nothing beside it but digits, courtesies ("please"), and what is to stop
//     ("texting me", "all messages"); or if a clause says the same in another way ("remove
//     me", "no more texts"). A clause ends at a line break, at . ! ? : ; and comma, and at a
//     dash between spaces. So "STOP 123456" and "123456. Stop texting me!" ask to stop, and
//     "I stopped at the shop, 123456", "the bus stop code is 123456" and "don't stop,
//     123456" do not.
//   - A text starts or asks for help if it consists of START or UNSTOP, or of HELP or INFO.
//   - A text refuses if it begins with no, or if a clause begins by saying that this is a
//     wrong number or by asking who this is. "No problem" and the like are no refusals.
//   - A text quotes if it repeats a message in quotation marks, as phones do for a reaction
//     (Liked “…”), or after > at the beginning of lines, and says nothing of its own.
//   - Otherwise every run of six digits may be a code, except a run that is part of a phone
//     number, a date or a link. Digits of every script count, in groups with spaces, dashes
//     and dots between them.
//
// Case, width of letters, accents, emoji, quotation marks around the text, invisible
// characters and signatures ("Sent from my iPhone") make no difference.
func ReadReply(text, optOut string) Reading {
	switch strings.ToUpper(strings.TrimSpace(optOut)) {
	case "STOP":
		return Reading{Meaning: ReplyStop}
	case "HELP":
		return Reading{Meaning: ReplyHelp}
	case "START":
		return Reading{Meaning: ReplyStart, Codes: readableCodes(text)}
	}
	if len(text) > maxReplyLen {
		return Reading{Meaning: ReplyOther}
	}
	own, quoted := withoutQuotes(foldReply(text))
	own = latinWords(joinSpelled(own))
	unsigned := withoutSignature(own)
	// A signature is read too: it may be no signature.
	if slices.ContainsFunc(slices.Concat(clauses(own), clauses(unsigned), clauses(signedName.ReplaceAllString(unsigned, ""))), asksToStop) {
		return Reading{Meaning: ReplyStop}
	}
	if refused, wrongNumber := refuses(own); refused {
		return Reading{Meaning: ReplyRefusal, WrongNumber: wrongNumber}
	}
	codes := codesIn(unsigned)
	switch {
	case only(unsigned, startWords):
		return Reading{Meaning: ReplyStart, Codes: codes}
	case only(unsigned, helpWords) && len(codes) == 0:
		return Reading{Meaning: ReplyHelp}
	case len(codes) == 1 && isWholeCode(unsigned):
		return Reading{Meaning: ReplyCode, Codes: codes}
	case len(codes) > 0:
		return Reading{Meaning: ReplyDigits, Codes: codes}
	case quoted:
		return Reading{Meaning: ReplyQuote}
	}
	return Reading{Meaning: ReplyOther}
}

// readableCodes returns the codes of a text whose meaning the provider has told.
func readableCodes(text string) []string {
	if len(text) > maxReplyLen {
		return nil
	}
	return codesIn(withoutSignature(foldReply(text)))
}

// PressedYes reports whether the keys pressed in a call are the 1 that confirms it.
func PressedYes(keys string) bool {
	return len(keys) <= maxReplyLen && strings.Trim(foldReply(keys), " \n#*") == "1"
}

// wordSet returns the words of a text as a set.
func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// The words of carriers (CTIA's Messaging Principles and Best Practices, section 5.1.3;
// ARRET is Canada's), of the FCC (47 CFR 64.1200(a)(10), in force since 11 April 2025), and
// what people write beside them. "opt out" and "stop all" are joined to one word first.
var (
	stopWords  = wordSet("stop stopall end quit cancel unsubscribe unsub revoke optout arret arreter arretez")
	startWords = wordSet("start unstop optin")
	helpWords  = wordSet("help info aide")
	// courtesies stand beside any of them.
	courtesies = wordSet("please pls plz kindly just ok okay hi hello hey dear thanks thank you u thx ty yes yeah yep y now already and or sorry so oh its code immediately asap today again sir madam man guys bro dude mate s il vous plait svp regards best kind")
	// stopObjects are what is to stop.
	stopObjects = wordSet("all any more it this that these those them your my the me us from to with everything text texts texting message messages messaging msg msgs sms call calls calling alert alerts alerting page pages paging notification notifications reminder reminders subscription consent sending receiving getting being texted spam spamming bothering harassing contacting writing phone number here anymore forever")
)

// joined are terms of several words, and the one word that stands for them.
var joined = []struct {
	form *regexp.Regexp
	word string
}{
	{regexp.MustCompile(`\bopt(?:ing)? ?(?:me |us )?out(?: (?:of|from)\b)?`), "optout"},
	{regexp.MustCompile(`\b(?:stooo+p+|stopp+)\b`), "stop"},
	{regexp.MustCompile(`\bopt in\b`), "optin"},
	{regexp.MustCompile(`\bstop all\b`), "stopall"},
	{regexp.MustCompile(`\bun subscribe\b`), "unsubscribe"},
	{regexp.MustCompile(`\bun stop\b`), "unstop"},
	{regexp.MustCompile(`\b(?:(?:(?:is|was) )?(?:the|my|your|this|here is|heres|activation|verification|confirmation|security|callbook|s) )*(?:code|pin|otp|passcode|ref|reference)(?: number| no| nr)?(?: is| was)?\b`), "code"},
	{regexp.MustCompile(`^(?:(?:please|pls|ok|sorry|hi|hello|hey) )*(?:(?:can|could|would|will) (?:you|u)|i (?:want|wish|would like) to|id like to|i said) `), ""},
}

// joinWords applies joined.
func joinWords(clause string) string {
	for _, j := range joined {
		clause = j.form.ReplaceAllString(clause, j.word)
	}
	return clause
}

// otherStops are requests to stop in other words. "Do not text me" must end its clause,
// because "don't text me while I drive" is about the moment.
var otherStops = regexp.MustCompile(`^(?:(?:please|pls|plz|ok|sorry|just|hi|hello|hey|and) )*(?:` +
	`(?:take|get) (?:me|us) off|(?:remove|delete) (?:me|us|my (?:phone )?number|this (?:phone )?number)\b|leave me alone|i want out|i (?:revoke|withdraw|unsubscribe|optout)\b|` +
	`(?:unsubscribe|stop (?:texting|messaging|sending|contacting|calling|paging|spamming|bothering|harassing|writing)) (?:me|us)\b|` +
	`no more (?:text|message|msg|sms|of (?:this|these))|lose (?:my|this) (?:phone )?number\b|(?:take|get) (?:my|this) (?:phone )?number off\b|remove from (?:the |your |this )?list\b|` +
	`i (?:do not|dont|no longer) (?:want|wish|need) (?:to (?:get|receive|have) )?(?:(?:any|more|of|these|this|those|your|such|further) )*(?:texts?|texting|messages?|messaging|msgs?|sms|notifications?|alerts?)(?: (?:from (?:you|this number)|any ?more|again|ever|please))*$|` +
	`(?:do not|dont|never) send (?:me |us )?(?:any )?(?:more )?(?:of )?(?:these |your |this )?(?:text|message|msg|sms)|` +
	`(?:do not|dont|never) (?:text|message|msg|sms|contact|write) (?:me|us|this number|here)(?: (?:again|any ?more|ever|please))*$)`)

// asksToStop reports whether a clause asks for no more text messages.
func asksToStop(clause string) bool {
	clause = joinWords(wordsOf(clause))
	if otherStops.MatchString(clause) {
		return true
	}
	words := slices.DeleteFunc(strings.Fields(clause), func(w string) bool { return courtesies[w] || startWords[w] })
	if len(words) == 0 || !stopWords[words[0]] {
		return false
	}
	return !slices.ContainsFunc(words, func(w string) bool { return !stopWords[w] && !stopObjects[w] })
}

// only reports whether a text has one of these words, and courtesies beside it.
func only(text string, set map[string]bool) bool {
	words := slices.DeleteFunc(strings.Fields(joinWords(wordsOf(text))), func(w string) bool { return courtesies[w] })
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !set[w] })
}

var (
	// saysNo is how a text begins that refuses without saying why.
	saysNo = regexp.MustCompile(`^(?:(?:oh|uh|um|ah|ok|okay|sorry|hi|hello|hey|well|and) )*(?:(?:no+|no+pe|nah|nein|(?:hell|heck|i said|absolutely) no|absolutely not|i (?:refuse|decline)|not interested)\b|` +
		`(?:non|nej|nee|nao|нет)(?: merci| tak| tack| bedankt| obrigad[oa]| спасибо)?$)`)
	// benignNo is a no that is none.
	benignNo = regexp.MustCompile(`^(?:(?:oh|uh|um|ah|ok|okay|sorry|hi|hello|hey|well|and) )*no+ (?:problem|problems|prob|probs|worries|worry|biggie|big deal|trouble|rush|doubt|stress|sweat|bother|hurry|issue|issues|pressure|need|luck|idea|clue|wonder|one else)\b`)
	// benignWho asks for somebody else.
	benignWho = regexp.MustCompile(`^(?:(?:and|so|but|ok|hi|hello|hey) )*who(?: is|s) (?:oncall|next|first|up|in|out|on|off|available|covering|working)$`)
	// saysWrongNumber is how a clause begins that says so.
	saysWrongNumber = regexp.MustCompile(`^(?:(?:oh|uh|um|ah|ok|okay|sorry|sry|new phone|hi|hello|hey|well|no+|nope|but|and|i think|i believe|i am afraid|im afraid|think|that|maybe|probably|looks like|seems like|actually) )*(?:` +
		`(?:wrong|incorrect) ?number\b|(?:this|that|the|your) number is (?:wrong|incorrect)$|wrong (?:number|person|phone|one|guy|lady|woman|man|contact|recipient|no\b|num\b|nr\b)|` +
		`(?:you|u|ya|youve|yall|they|he|she|somebody|someone) (?:have |has |got |have got |ve got |texted |called |dialed |dialled |reached |messaged |contacted |are texting |re texting |typed )*(?:the |a |an )?wrong (?:number|person|phone|one|guy|lady|woman|man|contact|recipient)\b|` +
		`(?:you|u|youre) (?:have |got )?(?:at |texting )?(?:the |a )?wrong$|` +
		`(?:this|that|it)(?: is|s)? (?:the |a )?wrong (?:number|person|phone)|its (?:the |a )?wrong (?:number|person|phone)|` +
		`who(?: is|s| s|se| are| r| dis| tf is| the (?:hell|heck|fuck) (?:is|are))? ?(?:this|that|you|u|it|dis|texting|calling|sent|messaging)\b|who dis\b|who(?: is|s) (?:sending|writing|messaging|contacting)\b|who(?: is|s) \pL+$|why (?:are|r|do|did) (?:you|u) (?:text|messag|contact|writ)\pL* (?:me|us)\b|do i know (?:you|u)\b|` +
		`(?:what(?: is|s| s)?|wtf is) (?:this|callbook)\b|what code\b|` +
		`(?:this|that)(?: is|s)? not (?:me|my|his|her|their|for me|the right|the person|the number)\b|(?:this|that) isnt (?:me|my|his|her|their|for me|the right|the person|the number)\b|` +
		`not (?:me|mine|my number|my phone|my code|for me|the right (?:person|number))\b|(?:im|i am|i m) not (?:the|this|that|her|him|your|who)\b|` +
		`(?:i )?(?:dont|do not) know (?:you|who|what this|this|anyone|anybody|any)\b|never heard of\b|` +
		`(?:i )?(?:didnt|did not|never) (?:ask|asked|request|requested|sign|signed|order|ordered|subscribe|subscribed)\b|` +
		`(?:there is|theres) no (?:one|such)\b|\pL+ (?:does not|doesnt|no longer) (?:have|has|use|uses|own|owns) this (?:phone|number|line)\b|(?:nobody|noone) (?:here|by|with|called|named)\b|` +
		`falsche nummer|verkeerd nummer|numero errado|wer (?:ist|sind)\b|numero equivocado|quien (?:es|eres)\b|(?:mauvais|faux) numero|qui (?:est|etes)\b)`)
)

// refuses reports whether a text refuses, and whether it says that the number is wrong.
func refuses(text string) (refused, wrongNumber bool) {
	words := strings.TrimSpace(wordsOf(text))
	wrongNumber = slices.ContainsFunc(clauses(text), func(c string) bool {
		c = wordsOf(c)
		return saysWrongNumber.MatchString(c) && !benignWho.MatchString(c)
	})
	return wrongNumber || saysNo.MatchString(words) && !benignNo.MatchString(words), wrongNumber
}
