package delivery

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// Words is a message as people get it. SMS uses the Text, email the Subject, Text and HTML,
// a call the Speech.
type Words struct {
	Subject string
	Text    string
	HTML    string
	Speech  string // a sentence a line
	Link    string // the one in Text and HTML; empty: none
}

// Writer puts messages into words.
type Writer struct {
	// Origin is what links begin with: a scheme, a host and perhaps a port. Empty:
	// messages have no links.
	Origin string
}

// letter is an email before it is text or HTML.
type letter struct {
	Title      string
	Paragraphs []string
	Code       string
	Button     string
	Link       string
	Ends       string // what becomes of code and link
	Why        string // why the reader gets this
}

// Words returns a message in words.
func (w Writer) Words(m oncall.Message) Words {
	switch m.Kind {
	case oncall.CodeMessage:
		return w.code(m)
	case oncall.ChangeNotice:
		return notice(m)
	case oncall.InvitationMessage:
		return w.join(m, "You are invited to Callbook", "Set your password", "an account to be made for you")
	case oncall.ResetMessage:
		return w.join(m, "Set a new password for Callbook", "Set a new password", "a new password for your account")
	}
	return test(m)
}

func (w Writer) link(path, token string) string {
	if w.Origin == "" || token == "" {
		return ""
	}
	return w.Origin + path + token
}

// code is the message with an activation code.
func (w Writer) code(m oncall.Message) Words {
	c := m.Content
	link, good := w.link("/activate/", c.Token), span(c.GoodFor)
	words := Words{Subject: c.Code + " is your Callbook code", Link: link}
	if m.Type != oncall.Email {
		words.Text = "Callbook: tell " + orThem(c.Asked) + " the code " + c.Code + ", good for " + good + "."
		if link != "" {
			words.Text += " Or tap " + link
		}
		words.Speech = speech(c)
		return words
	}
	l := letter{Title: "Do on-call pages reach you here?", Code: c.Code, Link: link, Button: "Yes, they reach me here",
		Paragraphs: []string{orSomebody(c.Asked) + " wants to page " + c.Name + " by this address when something is wrong, and asks whether messages arrive. Give the code to whoever asked, or answer by the link: you need no account."},
		Ends:       "The code is good for " + good + " and works once.",
		Why:        "You get this because your address was entered in Callbook as the channel “" + c.Channel + "” of " + c.Name + ". If you do not know why, do nothing: nobody is paged here without your answer."}
	if link == "" {
		l.Button, l.Paragraphs[0] = "", strings.Replace(l.Paragraphs[0], ", or answer by the link: you need no account", "", 1)
	}
	words.Text, words.HTML = l.write()
	return words
}

// speech reads a code aloud, twice.
func speech(c oncall.Content) string {
	digits := strings.Join(strings.Split(c.Code, ""), ", ")
	return strings.Join([]string{
		"Hello. This is Callbook, with an activation code for on-call pages.",
		"The code is " + digits + ".",
		"Again, the code is " + digits + ".",
		"Tell it to whoever asked you for it.",
	}, "\n")
}

// notice is the message about a changed address.
func notice(m oncall.Message) Words {
	c := m.Content
	what := "The address of the channel “" + c.Channel + "” of " + c.Name + " was changed to " + c.Mask + " by " + orSomebody(c.Asked) + "."
	words := Words{Subject: "An address of " + c.Name + " was changed in Callbook",
		Text:   "Callbook: the address of " + c.Name + "'s channel " + c.Channel + " was changed to " + strings.ReplaceAll(c.Mask, "•", "*") + ". Not expected? Tell your on-call manager.",
		Speech: "Hello. This is Callbook.\nAn address of " + c.Name + " for on-call pages was changed.\nIf you did not expect this, tell your on-call manager."}
	if m.Type == oncall.Email {
		words.Text, words.HTML = letter{Title: words.Subject, Paragraphs: []string{what},
			Why: "If you expected this, there is nothing to do. If not, tell your on-call manager: somebody may want to be paged in your place."}.write()
	}
	return words
}

// join is the message with a link for a user.
func (w Writer) join(m oncall.Message, subject, button, what string) Words {
	c := m.Content
	link := w.link("/join/", c.Token)
	asked := orSomebody(c.Asked) + " asked for " + what + "."
	words := Words{Subject: subject, Link: link, Speech: asked}
	words.Text, words.HTML = letter{Title: subject, Paragraphs: []string{asked}, Button: button, Link: link,
		Ends: "The link is good for " + span(c.GoodFor) + " and works once.",
		Why:  "Callbook tells an on-call team who can be reached, and how. If you do not know why you get this, do nothing."}.write()
	return words
}

func test(m oncall.Message) Words {
	text := "This is a test of Callbook. It arrived."
	words := Words{Subject: "A test of Callbook", Text: text + " There is nothing to do.", Speech: "Hello. " + text + "\nThere is nothing to do."}
	if m.Type == oncall.Email {
		words.Text, words.HTML = letter{Title: "This is a test of Callbook", Paragraphs: []string{"It arrived. There is nothing to do."},
			Why: orSomebody(m.Content.Asked) + " sent it to see whether email goes out."}.write()
	}
	return words
}

func orSomebody(name string) string {
	if name == "" {
		return "Somebody"
	}
	return name
}

// maxAskerLen is how long a name is at most that a text message has room for.
const maxAskerLen = 40

// orThem is a name for a text message: short, and in letters that every phone
// takes as one character.
func orThem(name string) string {
	foreign := strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("[]{}|^~`\\", r) })
	if name == "" || len(name) > maxAskerLen || foreign {
		return "whoever asked"
	}
	return name
}

// span is a time in words: 15 minutes, 1 hour.
func span(d time.Duration) string {
	n, unit := int(d/time.Minute), "minute"
	if d >= time.Hour && d%time.Hour == 0 {
		n, unit = int(d/time.Hour), "hour"
	}
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// write returns a letter as text and as HTML.
func (l letter) write() (text, html string) {
	var t, h strings.Builder
	parts := append([]string{l.Title}, l.Paragraphs...)
	if l.Code != "" {
		parts = append(parts, "    "+l.Code)
	}
	if l.Link != "" {
		parts = append(parts, l.Button+":\n"+l.Link)
	}
	for _, p := range append(parts, l.Ends, l.Why) {
		if p != "" {
			t.WriteString(p + "\n\n")
		}
	}
	_ = page.Execute(&h, l) // a Builder takes everything, and the template is tested
	return strings.TrimRight(t.String(), "\n") + "\n", h.String()
}

// page is plain on purpose: mail clients know little, and it reads well in all of
// them, light and dark. Its styles are inline because many drop style sheets; no
// page of ours ever holds it.
var page = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
</head>
<body style="margin:0;padding:24px 16px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.5">
<div style="max-width:32rem;margin:0 auto">
<h1 style="font-size:20px;line-height:1.3;margin:0 0 16px">{{.Title}}</h1>
{{range .Paragraphs}}<p style="margin:0 0 16px">{{.}}</p>
{{end}}{{if .Code}}<p style="margin:0 0 16px;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:32px;letter-spacing:4px">{{.Code}}</p>
{{end}}{{if .Link}}<p style="margin:0 0 16px"><a href="{{.Link}}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:#1f4fbf;color:#ffffff;text-decoration:none">{{.Button}}</a></p>
<p style="margin:0 0 16px;font-size:14px">Or open this address: <span style="word-break:break-all">{{.Link}}</span></p>
{{end}}{{if .Ends}}<p style="margin:0 0 16px">{{.Ends}}</p>
{{end}}<p style="margin:24px 0 0;font-size:14px">{{.Why}}</p>
</div>
</body>
</html>
`))
