package awsapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"callbook/handlers/awsapi"
)

// malformed are bodies that are none, with the exception they get; the rest is as
// it should be.
func malformed() map[string]string {
	const arn = `"arn:aws:ssm-contacts:us-east-2:111122223333:contact/ana"`
	bodies := map[string]string{}
	whole := `{"ContactId":` + arn + `,"Name":"mobile","Type":"SMS","DeliveryAddress":{"SimpleAddress":"+15005550199"},"IdempotencyToken":"t"}`
	for n := range len(whole) {
		bodies[whole[:n]] = "SerializationException" // it ends too early
	}
	replaced := func(member, with string) string {
		from := strings.Index(whole, `"`+member+`":`) + len(member) + 3
		to := from + strings.IndexAny(whole[from:], ",}")
		if member == "DeliveryAddress" {
			to += 1
		}
		return whole[:from] + with + whole[to:]
	}
	for _, member := range []string{"ContactId", "Name", "Type", "DeliveryAddress", "SimpleAddress", "IdempotencyToken"} {
		for _, other := range []string{"1", "true", "[]", "[[]]", "1.5", "-0"} {
			bodies[replaced(member, other)] = "SerializationException"
		}
		for _, broken := range []string{"", "nul", "tru", "'x'", "\"\n\"", "\"\x00\"", "\"\xff\"", "\"\xed\xa0\x80\"", `"\x"`, `"\u12"`, `"\ud800"`, `"\udc00\ud800"`, "01", "+1", ".5", "1e", "NaN", "{", "[", `{"a"}`, `{"a":1,}`, "[1,]", "undefined"} {
			bodies[replaced(member, broken)] = "SerializationException"
		}
		bodies[strings.Replace(whole, "{", `{"`+member+`":null,"`+member+`":null,`, 1)] = "SerializationException" // a name stands twice
	}
	for _, member := range []string{"ContactId", "Name", "Type", "SimpleAddress"} {
		for _, bad := range []string{`""`, `" "`, `"\u0000"`, `"\u202e"`, `"<b>"`, `"` + strings.Repeat("x", 4000) + `!"`, `"` + strings.Repeat(`\u00e4`, 2049) + `"`} {
			if bad != `" "` || member != "Name" { // a program may name a channel so
				bodies[replaced(member, bad)] = "ValidationException"
			}
		}
		bodies[replaced(member, "null")] = "ValidationException"
	}
	for _, deep := range []int{65, 1000, 100_000} {
		bodies[strings.Replace(whole, "{", `{"New":`+strings.Repeat("[", deep)+strings.Repeat("]", deep)+",", 1)] = "SerializationException"
		bodies[strings.Replace(whole, "{", `{"New":`+strings.Repeat(`{"a":`, deep)+"1"+strings.Repeat("}", deep)+",", 1)] = "SerializationException"
	}
	bodies[replaced("IdempotencyToken", `"t t"`)] = "ValidationException"
	bodies[replaced("Type", `"sms"`)] = "ValidationException"
	bodies[replaced("Type", `"PAGER"`)] = "ValidationException"
	bodies[replaced("DeliveryAddress", `{}`)] = "ValidationException"
	bodies[replaced("SimpleAddress", `"+1 500 555 0199"`)] = "ValidationException"
	bodies[replaced("SimpleAddress", `"+1500555019９"`)] = "ValidationException"
	bodies[replaced("SimpleAddress", `"ana@example.org"`)] = "ValidationException"
	bodies[replaced("ContactId", `"ana"`)] = "ValidationException"
	bodies[replaced("ContactId", `"arn:aws:iam::111122223333:contact/ana"`)] = "ValidationException"
	bodies[whole+"x"], bodies[whole+whole], bodies["["+whole+"]"] = "SerializationException", "SerializationException", "SerializationException"
	return bodies
}

func TestMalformedBodiesAreRefused(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	bodies := malformed()
	if len(bodies) < 200 {
		t.Errorf("%d bodies, want 200", len(bodies))
	}
	for body, want := range bodies {
		if a := d.ask("CreateContactChannel", body); a.Code != http.StatusBadRequest || a.document()["__type"] != want {
			t.Errorf("%.300q\n got %d %.300s\nwant %s", body, a.Code, a.Body, want)
		}
	}
	same(t, "channels", any([]any{}), d.ask("ListContactChannels", `{"ContactId":"`+ana+`"}`).done()["ContactChannels"])
	if strings.Contains(d.log.String(), "level=ERROR") {
		t.Errorf("the log tells of faults:\n%s", d.log)
	}
}

// signature are the exceptions of a signature that is not good.
var signature = []string{"MissingAuthenticationTokenException", "IncompleteSignatureException", "InvalidSignatureException", "UnrecognizedClientException"}

func TestEveryChangeOfASignatureIsRefused(t *testing.T) {
	d := newDoor(t)
	r := request("ListContacts", "{}")
	d.sign(r, "{}", d.Now())
	good := r.Header.Get("Authorization")
	send := func(authorization string) answer {
		changed := request("ListContacts", "{}")
		changed.Header = r.Header.Clone()
		changed.Header["Authorization"] = []string{authorization}
		return d.send(changed)
	}
	send(good).done()
	for at := range len(good) {
		for _, other := range []byte{good[at] ^ 1, good[at] ^ 0x20, 'z', ' ', '/', ',', '='} {
			changed := good[:at] + string(rune(other)) + good[at+1:]
			if changed == good || other > 0x7f {
				continue
			}
			a := send(changed)
			if kind := fmt.Sprint(a.document()["__type"]); a.Code != http.StatusBadRequest || !slices.Contains(signature, kind) {
				t.Errorf("byte %d as %q in %s\n got %d %s", at, other, changed, a.Code, a.Body)
			}
		}
		if a := send(good[:at] + good[at+1:]); at != strings.Index(good, ", ")+1 && a.Code != http.StatusBadRequest {
			// A space after a comma may be there or not.
			if rest := good[:at] + good[at+1:]; !strings.Contains(good, strings.ReplaceAll(rest, ",S", ", S")) {
				t.Errorf("without byte %d: %d %s", at, a.Code, a.Body)
			}
		}
	}
}

func TestOtherDatesAreRefused(t *testing.T) {
	d := newDoor(t)
	for age, want := range map[time.Duration]string{
		5 * time.Minute: "", -5 * time.Minute: "", 5*time.Minute + time.Second: "Signature expired: 20261122T025459Z is now earlier than 20261122T025500Z (20261122T030000Z - 5 min.)",
		-5*time.Minute - time.Second: "Signature not yet current: 20261122T030501Z is still later than 20261122T030500Z (20261122T030000Z + 5 min.)",
		24 * time.Hour:               "Signature expired: 20261121T030000Z is now earlier than 20261122T025500Z (20261122T030000Z - 5 min.)",
		-365 * 24 * time.Hour:        "Signature not yet current: 20271122T030000Z is still later than 20261122T030500Z (20261122T030000Z + 5 min.)",
	} {
		r := request("ListContacts", "{}")
		d.sign(r, "{}", d.Now().Add(-age))
		a := d.send(r)
		if want == "" {
			a.done()
			continue
		}
		same(t, "signed "+age.String()+" ago", any(want), a.fails(http.StatusBadRequest, "InvalidSignatureException")["message"])
	}
}

func TestClocksMayDifferAsFarAsIsSaid(t *testing.T) {
	d := openDoor(t, awsapi.Options{ClockSkew: time.Second})
	for age, good := range map[time.Duration]bool{time.Second: true, -time.Second: true, 2 * time.Second: false, -2 * time.Second: false} {
		r := request("ListContacts", "{}")
		d.sign(r, "{}", d.Now().Add(-age))
		if a := d.send(r); (a.Code == http.StatusOK) != good {
			t.Errorf("signed %v ago: %d %s", age, a.Code, a.Body)
		}
	}
}

// A signature is good for what was signed alone.
func TestOtherRequestsThanTheSignedAreRefused(t *testing.T) {
	d := newDoor(t)
	for name, change := range map[string]with{
		"host":                                 func(r *http.Request) { r.Host = "127.0.0.1:8081" },
		"no port":                              func(r *http.Request) { r.Host = "127.0.0.1" },
		"target":                               header("X-Amz-Target", "SSMContacts.DeleteContact"),
		"date":                                 header("X-Amz-Date", "20261122T030001Z"),
		"type":                                 header("Content-Type", "application/x-amz-json-1.1; charset=utf-8"),
		"query":                                func(r *http.Request) { r.URL.RawQuery = "a=1" },
		"unsigned header that means something": header("X-Amz-Content-Sha256", hashOf("{}")),
	} {
		r := request("ListContacts", "{}")
		d.sign(r, "{}", d.Now())
		change(r)
		if a := d.send(r); a.Code != http.StatusBadRequest || a.document()["__type"] != "InvalidSignatureException" {
			t.Errorf("another %s: %d %s", name, a.Code, a.Body)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("application/x-amz-json-1.1", "SSMContacts.ListContacts", "", "", "", "{}")
	f.Add("application/x-amz-json-1.1", "SSMContacts.GetContact", "AWS4-HMAC-SHA256 Credential=a/20261122/us-east-2/ssm-contacts/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0", "20261122T030000Z", "", `{"ContactId":1}`)
	f.Add("application/x-amz-json-1.1", "", "", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Target=SSMContacts.GetContact", "\x1f\x8b")
	open := newDoor(f)
	f.Fuzz(func(t *testing.T, contentType, target, authorization, date, query, body string) {
		d := *open
		d.t = t
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/", strings.NewReader(body))
		r.URL.RawQuery = query
		for name, value := range map[string]string{"Content-Type": contentType, "X-Amz-Target": target, "Authorization": authorization, "X-Amz-Date": date} {
			r.Header[name] = []string{value}
		}
		a := d.send(r)
		if a.Code != http.StatusBadRequest && a.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("an unsigned request gets %d %s", a.Code, a.Body)
		}
		// Signed, it gets as far as the decoder.
		r = request(strings.TrimPrefix(target, "SSMContacts."), body)
		d.sign(r, body, d.Now())
		if a := d.send(r); a.Code >= http.StatusInternalServerError {
			t.Errorf("a signed request gets %d %s", a.Code, a.Body)
		}
	})
}
