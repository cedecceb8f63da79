package oncall

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// our is the text of a message with a code.
const our = "Callbook: tell Kim the code 123456, good for 15 minutes. Or tap https://callbook.example.org/activate/Tok3n"

// readings are texts and what they mean. The codes follow the meaning.
var readings = []struct {
	want  string
	texts []string
}{
	{"stop", []string{
		"STOP", "stop", "Stop.", " sToP \r\n", "STOP!", "STOP 123456", "123456 STOP", "Stop, 123456", "STOP: 123 456", "stop123456", "STOP\n123456", "my code is 123456. stop",
		`"STOP"`, "“STOP”", "«stop»", "'Stop'", "*STOP*", "„STOP“ 123456", "“STOP 123456”", "(stop)", "【STOP】",
		"ＳＴＯＰ", "ｓｔｏｐ　１２３４５６", "𝗦𝗧𝗢𝗣", "Ⓢⓣⓞⓟ", "S\u200bT\u200bO\u200bP", "\u202eSTOP\u202c 123456", "ST\u00adOP", "\ufeffSTOP", "S T O P", "s.t.o.p.", "S-T-O-P 123456",
		"STOP 🛑", "🛑🛑 stop 🙏", "STOP!!!!!1", "STOP\n\nSent from my iPhone", "Stop 123456 Sent from my iPhone", "STOP\n-- \nAna", "123456\n-- \nSTOP",
		"please stop", "Please STOP. 123456", "pls stop thx", "stop please, thank you", "OK stop", "hi, stop", "can you stop", "Could you please stop? 123456", "I want to stop", "I said STOP",
		"STOPALL", "stop all", "STOP-ALL", "QUIT", "End", "end.", "cancel", "Cancel please", "UNSUBSCRIBE", "unsubscribe 123456", "un-subscribe", "REVOKE", "revoke consent", "opt out", "OPT-OUT", "optout", "Opt – out 123456", "Opt me out", "arrêt", "ARRET", "stop, quit, end",
		"stop texting me", "Stop texting me, 123456", "stop sending me these messages", "Stop all messages to this number", "unsubscribe me please", "cancel all texts", "end this", "stop it", "stop these alerts 123456",
		"STOP pin 123456", "STOP ref 123456", "123456 is the code STOP", "Verification code 123456 STOP", "STOP -Ana", "STOP 123456 ~Kim", "STOP - Ana Smith", "123456 -stop", "Yes stop", "stop yes 123456", "STOP already 123456", "stop bro 123456", "OPT.OUT 123456", "opt_out", "un.subscribe", "opt-out of messages 123456", "STOOOP", "STOPP 123456", "arrêtez 123456", "🆂🆃🅾🅿 123456", "🅢🅣🅞🅟", "SТOP 123456", "ЅТОР", "STΟP", "STOP، ١٢٣٤٥٦", "STOP؛ 123456", "stop getting texts",
		"I don't want these texts 123456", "I do not want to receive any more texts. 123456", "I no longer want these messages 123456", "lose my number 123456", "take this number off your list 123456", "remove from list 123456",
		"Wrong number, stop", "123456? Stop!", "no. stop.", "remove me", "Please remove me from this list 123456", "take me off your list", "no more texts 123456", "Don't text me again", "do not message me anymore, 123456", "don’t send me any more messages", "I revoke my consent", "leave me alone",
		"STOP “" + our + "”", "> " + our + "\nSTOP", "Disliked “" + our + "”\nSTOP", "start stop", "stop start 123456", "Liked “" + our + "\nSTOP", "Liked " + our + "\nSTOP", "“" + our + "\nstop",
	}},
	{"start", []string{"START", "start.", "Unstop", "“START”", "ＳＴＡＲＴ", "please start", "un-stop", "opt in", "start 🙂"}},
	{"start 123456", []string{"START 123456", "123456, start"}},
	{"help", []string{"HELP", "help?", "INFO", "Help please", "“help”", "ｈｅｌｐ", "H E L P", "help!!"}},
	{"refusal", []string{
		"No! Who is this? The code you sent is 123456", "No", "no 123456", "NO, 123456", "“No” 123456", "ＮＯ 123456", "nooo 123456", "Nope, 123456", "nah 123456", "No.\n123456", "no123456", "Sorry, no. 123456", "no thanks 123456",
		"wrong number", "Wrong number! 123456", "Wrong number 123456", "Sorry, wrong number: 123456", "“Wrong number” 123456", "123456 wrong number", "wrong person, 123456", "You have the wrong number. 123456", "I think you have the wrong number 123456", "you've got the wrong number", "This is a wrong number 123456", "You texted the wrong person",
		"who is this", "Who is this? 123456", "who's this 123456", "Who’s this?", "who dis 123456", "Who are you? 123456", "WHO IS THIS?!? … 123456", "what is this? 123456", "Not me. 123456", "This isn't my phone... not my number 123456", "this is not her phone: 123456", "I'm not the person you want, 123456", "I don't know you 123456", "never asked for this, 123456", "I didn't request this code 123456",
		"wrongnumber 123456", "Sry wrong number 123456", "This number is wrong 123456", "Incorrect number 123456", "Who is Kim? 123456", "who's Kim 123456", "Who is sending me this? 123456", "who tf is this 123456", "New phone who dis 123456", "wtf is this 123456", "Why are you texting me? 123456", "Do I know you? 123456", "Not mine 123456", "not my code 123456", "Kim no longer has this number 123456", "I said no 123456", "Hell no 123456", "Nooope 123456", "Non 123456", "Non merci 123456", "não 123456", "нет 123456", "Verkeerd nummer 123456",
		"Wrong number! “" + our + "”", "No “" + our + "”", "Falsche Nummer 123456", "número equivocado 123456",
	}},
	{"quote", []string{
		"Liked “" + our + "”", "Loved “" + our + "”", "Disliked “" + our + "”", "Laughed at “" + our + "”", "Emphasized “" + our + "”", "Emphasised “" + our + "”", "Questioned “" + our + "”",
		`Disliked "` + our + `"`, `LIKED "` + our + `"`, "Liked '" + our + "'", "Liked " + our, "Disliked ?" + our, "Removed a like from “" + our + "”", "Removed a heart from “" + our + "”", "Reacted 👍 to “" + our + "”", "Reacted with 😂 to “" + our + "”", "👍 to “ " + our + " ”", "\u200e\u200a👍\u200a to “\u200a" + our + "\u200a”",
		"A aimé « " + our + " »", "Le gusta “" + our + "”", "Hat „" + our + "“ mit „Gefällt mir“ markiert", "„" + our + "“ gefällt mir", "「" + our + "」を強調しました", "“" + our + "”に“いいね”をしました", "Понравилось «" + our + "»", "Liked “" + our[:50], "Ha messo “Mi piace” a “" + our + "”",
		"> " + our, ">" + our + "\n> more", "> > " + our, "❝" + our + "❞ liked", "Disliked “Your code is 123456”", "Hat „Dein Code ist 123456“ markiert", "Loved “tell “Kim” the code 123456”", "Liked “Callbook: the address of Ana was changed”", "Disliked “123456”",
	}},
	{"code 123456", []string{
		"123456", " 123456 ", "123 456", "123\u00a0456", "123\u2009456", "123\u3000456", "123\u202f456", "123-456", "123–456", "123—456", "123‑456", "123−456", "123.456", "١٢٣٬٤٥٦", "١٢٣٫٤٥٦", "123·456", "12 34 56", "12-34-56", "1 2 3 4 5 6", "1-2-3-4-5-6", "1, 2, 3, 4, 5, 6", "1.2.3.4.5.6", "123\n456", "123\r\n456\n", "123\t456", "123  456", "1 23 456",
		"#123456", "№ 123456", "*123456#", "(123456)", "[123456]", "<123456>", "“123456”", `"123 456"`, "'123456'", "«123456»", "123456.", "123456!", "123,456", "123_456", "123/456",
		"١٢٣٤٥٦", "۱۲۳۴۵۶", "१२३४५६", "১২৩৪৫৬", "๑๒๓๔๕๖", "１２３４５６", "１２３　４５６", "𝟏𝟐𝟑𝟒𝟓𝟔", "𞥑𞥒𞥓𞥔𞥕𞥖", "١٢٣ ٤٥٦", "١٢٣456",
		"1\u200b2\u200b3\u200b4\u200b5\u200b6", "\u202a123456\u202c", "\u2066123456\u2069", "\ufeff123456", "123\u00ad456", "123\u2060456", "1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣", "123456\nSent from my iPhone", "123456 Sent from my iPhone", "123456\n-- \nAna", "123456\n--\nAna 204519", "> " + our + "\n\n123456",
	}},
	{"digits 123456", []string{
		our, "“" + our + "”", "Your code is 123 456", "Your Callbook code is 123\u00a0456. It is good for 15 minutes.", "My code is 123456.", "code:123456", "code123456", "Code: 123 456!", "Code no. 123456", "G-123456 is your code", "It's 123456 👍", "123456 👍", "123456 ok", "the code is 1, 2, 3, 4, 5, 6", "كود ١٢٣٤٥٦", "कोड १२३४५६", "Mein Code ist １２３ ４５６", "1 123456",
		"I stopped at the shop, 123456", "Don't stop, 123456", "please don't cancel: 123456", "The bus stop code is 123456", "non-stop meetings, 123456", "In the end it worked, 123456", "the end, 123456", "Weekend shift: 123456", "I had to cancel lunch, 123456", "quit asking, it's 123456", "End of my shift. Code 123456", "End of message. 123456", "No idea why it took so long, 123456", "no one else is here, 123456", "non-stop 123456", "Who is next? 123456", "There is no signal here, 123456", "stoop 123456", "the stop -Ana 123456", "back -end 123456", "week -end, 123456", "I do not want to get messages at night, 123456", "Why did you send two? 123456", "the number is wrong on the page, 123456", "12:30 123456", "[10:15] Callbook code 123456", "code is 123456. 15 min", "Your code is 123456. 15 minutes left", "كود: ١٢٣٬٤٥٦، شكرا", "one-stop shop 123456", "full stop, 123456", "I can't stop laughing 123456", "I saw the \"stop\" sign 123456", "Started, 123456", "starting now 123456", "start of shift, 123456", "Helpful! 123456",
		"help 123456", `I got "code 123456" here`, "No problem, 123456", "no worries 123456", "No prob: 123456", "Now 123456", "Noted 123456", "Norah here, 123456", "Not sure, is it 123456?", "Yes, no problem 123456", "I know who this is: 123456", "the wrong code came first, now 123456", "You sent the wrong code, it is 123456",
		"Liked it! 123456", "loved the shop, 123456", `My code is "123456"`, "Callbook sent 123456", `He said "ok", 123456`, "5' 10\" tall, code is 123456 ok", "> hm\n123456 ok",
		"call 206 555 0199, code 123456", "My number is +1 206 555 0199 and the code 123456", "+1 206 555 0199 123456", "206-555-0199 123456", "0043 1 5123451 123456", "On 31.12.26 I got 123456", "see https://example.org/204519 123456", "ana204519@example.org 123456", "In 5 minutes 123456", "Room 1204 has 123456",
	}},
	{"digits 204519 123456", []string{"Ref 204519, code 123456", "204519 123456", "204519, 123456", "204519\n123456", "204519 or 123456?", "Order 204519 - code 123-456", "204519/123456", "Ref 204519. Ref 204519. 123456"}},
	{"digits 012345", []string{"1 012345", "code 012345", "It's 012 345"}},
	{"other", []string{
		"", " ", "yes", "ok", "thanks", "1", "12345", "1234567", "0123456", "12345a", "12a456", "½23456", "①②③④⑤⑥", "²12345", "on my way",
		"driving right now, call 206 555 0199", "Driving, call me at (206) 555-0199", "call +1 206 555 0199", "I'm away. +49 30 123456", "call 030 123456", "01234 567890", "07700 900123", "0711 123456", "tel. 123456", "ext. 123456", "206.555.0199", "206 5550199", "2065550199", "+12065550199", "+442079460958", "+49 171 123456", "00 49 171 1234567", "back on 31.12.26", "until 12/31/26", "due 26-12-31", "see https://example.org/123456", "www.example.org/123456", "example.org/123456", "mail ana123456@example.org", "ticket 123456-78", "on 2026-12-01 at 10:30:45", "12345678901234567890", "+123456",
		"helping", "cancelled", "ended", "stopped", "Endesa", "this stop", strings.Repeat("123456 ", 3000),
	}},
}

func shown(r Reading) string {
	return strings.Join(append([]string{string(r.Meaning)}, r.Codes...), " ")
}

func TestReplyMeansOneThing(t *testing.T) {
	n := 0
	for _, c := range readings {
		for _, text := range c.texts {
			n++
			if got := shown(ReadReply(text, "")); got != c.want {
				t.Errorf("%.80q means %s, want %s", text, got, c.want)
			}
		}
	}
	t.Log(n, "texts")
}

func TestWordOfTheProviderDecides(t *testing.T) {
	for _, c := range []struct{ text, optOut, want string }{
		{"ARRET", "STOP", "stop"}, {"123456", "STOP", "stop"}, {"START", "STOP", "stop"}, {"やめて", "STOP", "stop"}, {"alto", " stop ", "stop"}, {"Baja 123456", "Stop", "stop"}, {"", "STOP", "stop"}, {"HELP", "STOP", "stop"},
		{"STOP", "START", "start"}, {"ja", "START", "start"}, {"YES", "start", "start"}, {"123456", "START", "start 123456"}, {strings.Repeat("123456 ", 3000), "START", "start"},
		{"STOP 123456", "HELP", "help"}, {"aide", "help", "help"}, {"123456", "HELP", "help"},
		{"123456", "", "code 123456"}, {"123456", "OTHER", "code 123456"}, {"STOP", "NONE", "stop"}, {"STOP", " ", "stop"},
	} {
		if got := shown(ReadReply(c.text, c.optOut)); got != c.want {
			t.Errorf("%.40q, which the provider calls %q, means %s, want %s", c.text, c.optOut, got, c.want)
		}
	}
}

func TestRefusalSaysWhetherTheNumberIsWrong(t *testing.T) {
	for text, want := range map[string]bool{"no": false, "No, 123456": false, "nope": false, "No! Who is this?": true, "wrong number": true, "who dis": true, "not me": true, "No, you have the wrong number": true} {
		if got := ReadReply(text, ""); got.Meaning != ReplyRefusal || got.WrongNumber != want {
			t.Errorf("%q: got %+v, want a refusal, wrong number %t", text, got, want)
		}
	}
}

func TestOneTextHoldsTenCodesAtMost(t *testing.T) {
	var text strings.Builder
	for n := range 50 {
		text.WriteString("code " + string(rune('0'+n%10)) + "2345" + string(rune('0'+n/10)) + ", ")
	}
	if got := ReadReply(text.String(), ""); got.Meaning != ReplyDigits || len(got.Codes) != MaxReplyCodes {
		t.Errorf("got %d codes: %v", len(got.Codes), got)
	}
}

func TestKeyOneConfirmsACall(t *testing.T) {
	for keys, want := range map[string]bool{"1": true, "1#": true, "*1": true, "１": true, "": false, "2": false, "11": false, "12": false, "123456": false, "#": false, strings.Repeat(" ", maxReplyLen) + "1": false} {
		if got := PressedYes(keys); got != want {
			t.Errorf("keys %.20q confirm: %t, want %t", keys, got, want)
		}
	}
}

func TestEveryDecimalDigitIsRead(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.Nd, r) && (asciiDigit(r) < '0' || asciiDigit(r) > '9') {
			t.Errorf("%U is read as %q", r, asciiDigit(r))
		}
	}
	for zero, nine := range map[rune]rune{'0': '9', '٠': '٩', '۰': '۹', '०': '९', '０': '９', '𝟎': '𝟗', '𝟘': '𝟡', '𝟢': '𝟫', '𝟬': '𝟵', '𝟶': '𝟿', '𞥐': '𞥙', '🯰': '🯹', '߀': '߉', '᠐': '᠙'} {
		if asciiDigit(zero) != '0' || asciiDigit(nine) != '9' {
			t.Errorf("%c is %c, and %c is %c", zero, asciiDigit(zero), nine, asciiDigit(nine))
		}
	}
}

// dressed draws a text in one of the forms that make no difference.
func dressed(t *rapid.T, text string) string {
	letters := rapid.SampledFrom([]func(string) string{
		strings.ToUpper, strings.ToLower, func(s string) string { return s },
		func(s string) string { // full width
			return strings.Map(func(r rune) rune {
				if r > ' ' && r <= '~' {
					return r + 0xfee0
				}
				return r
			}, s)
		},
		func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b") },
	}).Draw(t, "letters")
	around := rapid.SampledFrom([][2]string{{}, {`"`, `"`}, {"“", "”"}, {"«", "»"}, {"'", "'"}, {"*", "*"}, {"\u202a", "\u202c"}, {"(", ")"}}).Draw(t, "marks")
	after := rapid.SampledFrom([]string{"", ".", "!", "!!", " 🛑", "\nSent from my iPhone", "\n-- \nAna", " please", "\r\n", "\u00a0", ", thanks"}).Draw(t, "after")
	return around[0] + letters(text) + around[1] + after
}

// With a code or without: whoever asks to stop does not prove anything.
func TestNoTextThatAsksToStopHoldsACode(t *testing.T) {
	words := []string{"stop", "stopall", "stop all", "quit", "end", "cancel", "unsubscribe", "revoke", "opt out", "opt-out", "optout", "stop texting me", "remove me"}
	codes := []string{"", "123456", "123 456", "١٢٣٤٥٦", "my code is 123456", "１２３４５６", "the code: 123-456"}
	rapid.Check(t, func(r *rapid.T) {
		stop := dressed(r, rapid.SampledFrom(words).Draw(r, "word"))
		code, between := rapid.SampledFrom(codes).Draw(r, "code"), rapid.SampledFrom([]string{"\n", ". ", "! ", " - ", "; "}).Draw(r, "between")
		text := stop + between + code
		if rapid.Bool().Draw(r, "code first") {
			text = code + between + stop
		}
		if got := ReadReply(text, ""); got.Meaning != ReplyStop || len(got.Codes) > 0 {
			r.Fatalf("%q means %+v", text, got)
		}
	})
}

func FuzzReply(f *testing.F) {
	for _, c := range readings {
		for _, text := range c.texts {
			f.Add(text, "")
		}
	}
	f.Add("ARRET", "STOP")
	f.Add("123456", "START")
	f.Fuzz(func(t *testing.T, text, optOut string) {
		got := ReadReply(text, optOut)
		if !slices.Contains(ReplyMeanings(), got.Meaning) {
			t.Fatalf("%q means %q", text, got.Meaning)
		}
		if diff := cmp.Diff(got, ReadReply(text, optOut)); diff != "" {
			t.Errorf("%q means two things:\n%s", text, diff)
		}
		holdsCodes(t, text, got)
		if strings.EqualFold(strings.TrimSpace(optOut), "STOP") != (got.Meaning == ReplyStop) && ReadReply(text, "").Meaning != ReplyStop && !slices.Contains([]string{"START", "HELP"}, strings.ToUpper(strings.TrimSpace(optOut))) {
			t.Errorf("%q, which the provider calls %q, means %s", text, optOut, got.Meaning)
		}
		for _, asked := range []string{"STOP\n" + text, text + "\nSTOP"} {
			if read := ReadReply(asked, ""); len(asked) <= maxReplyLen && read.Meaning != ReplyStop {
				t.Errorf("%q means %+v", asked, read)
			}
		}
	})
}

// holdsCodes fails unless the codes of a reading are in its text.
func holdsCodes(t *testing.T, text string, got Reading) {
	t.Helper()
	may := map[ReplyMeaning][2]int{ReplyCode: {1, 1}, ReplyDigits: {1, MaxReplyCodes}, ReplyStart: {0, MaxReplyCodes}}[got.Meaning]
	if n := len(got.Codes); n < may[0] || n > may[1] {
		t.Errorf("%q means %+v", text, got)
	}
	digits := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Nd, r) {
			return asciiDigit(r)
		}
		return -1
	}, text)
	for i, code := range got.Codes {
		if len(code) != codeLen || strings.Trim(code, "0123456789") != "" || !strings.Contains(digits, code) || slices.Index(got.Codes, code) != i {
			t.Errorf("%q has the digits %q, and the codes %q", text, digits, got.Codes)
		}
		if again := ReadReply(code, ""); again.Meaning != ReplyCode || again.Codes[0] != code {
			t.Errorf("the code %q of %q means %+v", code, text, again)
		}
	}
}

func TestSenderIsALineInItsOldAndItsNewForm(t *testing.T) {
	for from, want := range map[string][]string{
		"+15005550199": {"+15005550199"}, "whatsapp:+15005550199": {"+15005550199"}, "rcs:+15005550199": {"+15005550199"}, "RCS:+447700900123": {"+447700900123"}, " +15005550199 ": {"+15005550199"}, "sms:+15005550199": {"+15005550199"}, "tel:+15005550199": {"+15005550199"}, "\u202a+15005550199\u202c": {"+15005550199"},
		"+5215512345678": {"+5215512345678", "+525512345678"}, "+525512345678": {"+525512345678", "+5215512345678"}, "whatsapp:+5215512345678": {"+5215512345678", "+525512345678"},
		"+5491123456789": {"+5491123456789", "+541123456789"}, "+541123456789": {"+541123456789", "+5491123456789"}, "+5493512345678": {"+5493512345678", "+543512345678"},
		"+5511987654321": {"+5511987654321", "+551187654321"}, "+551187654321": {"+551187654321", "+5511987654321"}, "+551134567890": {"+551134567890"}, "+5511934567890": {"+5511934567890"},
		"+447911123456": {"+447911123456"}, "+33612345678": {"+33612345678"},
		"12345": nil, "": nil, "ana@example.org": nil, "Callbook": nil, "messenger:1234567890": nil, "+": nil, "whatsapp:": nil, "15005550199": nil, "+0155512345": nil, "+123456789012345678": nil,
	} {
		if diff := cmp.Diff(want, SenderNumbers(from)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", from, diff)
		}
	}
}

func TestSenderIsLoggedMasked(t *testing.T) {
	for from, want := range map[string]string{"+15005550199": "+1 ••• ••• 0199", "whatsapp:+447700900123": "+44 ••• ••• 0123", "12345": "•••", "ana@example.org": "•••", "": "•••", "+5215512345678": "+52 ••• ••• 5678"} {
		if got := MaskedSender(from); got != want {
			t.Errorf("%q is masked as %q, want %q", from, got, want)
		}
	}
}
