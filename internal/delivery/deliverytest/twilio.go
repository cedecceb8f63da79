package deliverytest

import (
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- it is what Twilio signs by
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"sync"
	"testing"
)

// TwilioMessage is a text message or a call that was taken.
type TwilioMessage struct {
	SID  string // which the answer gave
	Call bool
	Form url.Values
}

// TwilioServer speaks as Twilio's REST API does and checks what it is asked as
// Twilio would. It ends with the test.
type TwilioServer struct {
	*httptest.Server
	SID   string
	Token string
	// Key and Secret sign in as well, if there is a key.
	Key    string
	Secret string

	took  chan TwilioMessage
	mu    sync.Mutex
	fault Fault
	count int
	told  func(TwilioMessage) // before the answer
}

// NewTwilio starts a Twilio with one account.
func NewTwilio(t testing.TB, sid, token string) *TwilioServer {
	s := &TwilioServer{SID: sid, Token: token, took: make(chan TwilioMessage, maxKeptMessages)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// Next returns the message that was taken next.
func (s *TwilioServer) Next(t testing.TB) TwilioMessage {
	t.Helper()
	return next(t, s.took, "message at Twilio")
}

// None fails the test when a message was taken that Next has not returned.
func (s *TwilioServer) None(t testing.TB) {
	t.Helper()
	none(t, s.took, "message at Twilio")
}

// Do makes the server answer by a fault; nil: as it should.
func (s *TwilioServer) Do(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// BeforeAnswer is called with a message that is taken, before the answer goes out.
func (s *TwilioServer) BeforeAnswer(f func(TwilioMessage)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = f
}

func (s *TwilioServer) serve(w http.ResponseWriter, r *http.Request) {
	status, code, says := s.check(r)
	if code != 0 {
		refuse(w, status, code, says)
		return
	}
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	take := func() (int, string) { return http.StatusCreated, s.take(r) }
	if fault != nil {
		fault(w, r, take)
		return
	}
	status, body := take()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body)
}

func refuse(w http.ResponseWriter, status, code int, says string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": says, "status": status,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code)})
}

// check returns the error that Twilio would answer with; code 0: none. The codes
// are those of https://www.twilio.com/docs/api/errors.
func (s *TwilioServer) check(r *http.Request) (status, code int, says string) {
	account := "/2010-04-01/Accounts/" + s.SID
	user, password, _ := r.BasicAuth()
	if byToken, byKey := user == s.SID && password == s.Token, s.Key != "" && user == s.Key && password == s.Secret; !byToken && !byKey {
		return http.StatusUnauthorized, 20003, "Authenticate"
	}
	isCall := r.URL.Path == account+"/Calls.json"
	if !isCall && r.URL.Path != account+"/Messages.json" {
		return http.StatusNotFound, 20404, "The requested resource " + r.URL.Path + " was not found"
	}
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, 20004, "Method not allowed"
	}
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		return http.StatusBadRequest, 20001, "The body is no form"
	}
	if code, says := checkForm(r.PostForm, isCall); code != 0 {
		return http.StatusBadRequest, code, says
	}
	return 0, 0, ""
}

func checkForm(form url.Values, isCall bool) (code int, says string) {
	for name, values := range form {
		if len(values) != 1 {
			return 20001, "Parameter " + name + " is there more than once"
		}
	}
	from := form.Get("From")
	switch to := form.Get("To"); {
	case to == "" && isCall:
		return 21201, "No 'To' number is specified"
	case to == "":
		return 21604, "A 'To' phone number is required."
	case !isNumber(to):
		return 21211, "The 'To' number " + to + " is not a valid phone number."
	}
	if back := form.Get("StatusCallback"); back != "" {
		if u, err := url.Parse(back); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return 21609, "The 'StatusCallback' URL " + back + " is not a valid URL."
		}
	}
	if isCall {
		switch {
		case !isNumber(from):
			return 21213, "Caller phone number required"
		case form.Get("Twiml") == "":
			return 21205, "Url parameter is required."
		case len(form.Get("Twiml")) > 4000:
			return 21218, "Twiml is too long"
		case xml.Unmarshal([]byte(form.Get("Twiml")), new(struct {
			XMLName xml.Name `xml:"Response"`
		})) != nil:
			return 12100, "Document parse failure"
		}
		return 0, ""
	}
	service := form.Get("MessagingServiceSid")
	switch {
	case from == "" && service == "":
		return 21603, "A 'From' phone number or a 'MessagingServiceSid' is required."
	case service == "" && !isNumber(from):
		return 21212, "The 'From' number " + from + " is not a valid phone number."
	case service != "" && !strings.HasPrefix(service, "MG"):
		return 21701, "The Messaging Service does not exist"
	case form.Get("Body") == "":
		return 21602, "Message body is required."
	case len([]rune(form.Get("Body"))) > 1600:
		return 21617, "The concatenated message body exceeds the 1600 character limit"
	}
	return 0, ""
}

func isNumber(text string) bool {
	digits, plus := strings.CutPrefix(text, "+")
	return plus && len(digits) >= 7 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

// take keeps a message, and returns the answer.
func (s *TwilioServer) take(r *http.Request) string {
	s.mu.Lock()
	s.count++
	m := TwilioMessage{Call: strings.HasSuffix(r.URL.Path, "/Calls.json"), Form: r.PostForm}
	m.SID = fmt.Sprintf("SM%032x", s.count)
	if m.Call {
		m.SID = fmt.Sprintf("CA%032x", s.count)
	}
	told := s.told
	s.mu.Unlock()
	if told != nil {
		told(m)
	}
	s.took <- m
	body, _ := json.Marshal(map[string]any{"sid": m.SID, "status": "queued", "to": m.Form.Get("To"), "error_code": nil, "error_message": nil})
	return string(body)
}

// Sign returns the X-Twilio-Signature of a form that is posted to a URL.
func (s *TwilioServer) Sign(rawURL string, form url.Values) string {
	type pair struct{ name, value string }
	var pairs []pair
	seen := map[pair]bool{}
	for name, values := range form {
		for _, value := range values {
			if p := (pair{name, value}); !seen[p] {
				seen[p] = true
				pairs = append(pairs, p)
			}
		}
	}
	sort.Slice(pairs, func(i, j int) bool {
		return pairs[i].name < pairs[j].name || pairs[i].name == pairs[j].name && pairs[i].value < pairs[j].value
	})
	text := rawURL
	for _, p := range pairs {
		text += p.name + p.value
	}
	mac := hmac.New(sha1.New, []byte(s.Token))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SignedPost posts a form to a URL as Twilio does, and returns the answer with its
// body, which is read.
func (s *TwilioServer) SignedPost(t testing.TB, rawURL string, form url.Values) *http.Response {
	t.Helper()
	return s.PostAs(t, rawURL, rawURL, form)
}

// PostAs is SignedPost to a server that is elsewhere than the URL that is signed.
func (s *TwilioServer) PostAs(t testing.TB, rawURL, signed string, form url.Values) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, rawURL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", s.Sign(signed, form))
	return post(t, r)
}
