package delivery

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"callbook/internal/oncall"
)

var kinds = []oncall.MessageKind{oncall.CodeMessage, oncall.ChangeNotice, oncall.InvitationMessage, oncall.ResetMessage, oncall.TestMessage}

// everyMessage is one of each kind by each way. Links for users go by email only.
func everyMessage() []oncall.Message {
	var all []oncall.Message
	for _, kind := range kinds {
		for _, channel := range oncall.ChannelTypes() {
			if channel != oncall.Email && (kind == oncall.InvitationMessage || kind == oncall.ResetMessage) {
				continue
			}
			m := codeMessage(channel)
			m.Kind = kind
			if kind != oncall.CodeMessage {
				m.Content.Code, m.Content.Mask = "", "+1 ••• ••• 0123"
			}
			if channel == oncall.Email {
				m.Content.GoodFor = time.Hour
			}
			all = append(all, m)
		}
	}
	return all
}

func TestMessagesReadAsTheyAreWritten(t *testing.T) {
	for _, from := range []string{"", origin} {
		for _, m := range everyMessage() {
			name := fmt.Sprintf("%s_%s", m.Kind, strings.ToLower(string(m.Type)))
			if from != "" {
				name += "_link"
			}
			w := Writer{Origin: from}.Words(m)
			golden(t, name+".txt", fmt.Sprintf("Subject: %s\nLink: %s\n\n--- text\n%s\n--- speech\n%s\n", w.Subject, w.Link, w.Text, w.Speech))
			if w.HTML != "" {
				golden(t, name+".html", w.HTML)
			}
			if w.Subject == "" || w.Text == "" || (w.HTML == "") != (m.Type != oncall.Email) {
				t.Errorf("%s lacks something: %+v", name, w)
			}
		}
	}
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s; -update writes it:\n%s", name, diff)
	}
}

func TestNothingSaysALinkWithoutAnOrigin(t *testing.T) {
	for _, m := range everyMessage() {
		w := Writer{}.Words(m)
		if all := fmt.Sprint(w); w.Link != "" || strings.Contains(all, "://") || strings.Contains(all, secretToken) || strings.Contains(all, "button") || strings.Contains(all, "tap") {
			t.Errorf("%s by %s speaks of a link:\n%s", m.Kind, m.Type, all)
		}
	}
}

func TestOnlyACodeMessageHoldsACode(t *testing.T) {
	for _, m := range everyMessage() {
		m.Content.Code = secretCode
		w := Writer{Origin: origin}.Words(m)
		for part, text := range map[string]string{"subject": w.Subject, "text": w.Text} {
			if holds := strings.Contains(text, secretCode); holds != (m.Kind == oncall.CodeMessage) {
				t.Errorf("%s of %s by %s holds the code: %t", part, m.Kind, m.Type, holds)
			}
		}
	}
}

// gsm is the alphabet of which 160 characters fit into one text message:
// 3GPP TS 23.038. Those in braces count twice and are not used here.
const gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

func TestCodeFitsOneTextMessage(t *testing.T) {
	for _, goodFor := range []time.Duration{time.Minute, oncall.CodeTTL, oncall.EmailCodeTTL} {
		m := text()
		m.Content.GoodFor, m.Content.Name, m.Content.Asked = goodFor, strings.Repeat("山", 200), strings.Repeat("✉", 200)
		got := Writer{}.Words(m).Text
		if n := len([]rune(got)); n > 160 || strings.IndexFunc(got, func(r rune) bool { return !strings.ContainsRune(gsm, r) }) >= 0 {
			t.Errorf("%q has %d characters, want 160 of GSM 7-bit at most", got, n)
		}
	}
}

func TestNamesAreEscapedInHTML(t *testing.T) {
	for _, m := range everyMessage() {
		if m.Type != oncall.Email {
			continue
		}
		for _, text := range append(hostile, `</title><script>alert(1)</script>`, `" style="x`, `javascript:alert(1)`) {
			m.Content.Name, m.Content.Asked, m.Content.Channel, m.Content.Mask = text, text, text, text
			w := Writer{Origin: origin}.Words(m)
			for z := html.NewTokenizer(strings.NewReader(w.HTML)); ; {
				kind := z.Next()
				if kind == html.ErrorToken {
					break
				}
				tag := z.Token()
				if slices.Contains([]string{"script", "img", "iframe", "form"}, tag.Data) && kind == html.StartTagToken {
					t.Errorf("%q makes <%s> of a %s", text, tag.Data, m.Kind)
				}
				for _, a := range tag.Attr {
					if a.Key == "href" && a.Val != w.Link || strings.HasPrefix(a.Key, "on") {
						t.Errorf("%q makes %s=%q of a %s", text, a.Key, a.Val, m.Kind)
					}
				}
			}
		}
	}
}

func TestSpansAreInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{time.Minute: "1 minute", 15 * time.Minute: "15 minutes", time.Hour: "1 hour", 90 * time.Minute: "90 minutes", 24 * time.Hour: "24 hours"} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestDevKeepsTheNewestMessages(t *testing.T) {
	d := NewDev(Writer{Origin: origin})
	for i := range maxShown + 5 {
		m := text()
		m.ID = fmt.Sprint(i)
		m.Content.Code = fmt.Sprintf("%06d", i)
		if reference := mustDeliver(t, d, m); reference != m.ID {
			t.Errorf("the reference is %q, want %q", reference, m.ID)
		}
	}
	got := d.Messages()
	if len(got) != maxShown || !strings.Contains(got[0].Words.Text, "000204") || !strings.Contains(got[maxShown-1].Words.Text, "000005") {
		t.Errorf("%d are kept, from %q to %q", len(got), got[0].Words.Text, got[len(got)-1].Words.Text)
	}
	if got[0].To != secretNumber || got[0].Type != oncall.SMS || got[0].At.IsZero() {
		t.Errorf("the newest is %+v", got[0])
	}
}
