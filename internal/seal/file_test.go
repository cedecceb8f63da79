package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

func TestAFileReadsAsItWasWritten(t *testing.T) {
	f := must(newFile())(t)
	data := must(f.encode())(t)
	again := must(parse(data))(t)
	if again.id != f.id {
		t.Errorf("id: got %q, want %q", again.id, f.id)
	}
	for _, p := range purposes {
		if diff := cmp.Diff(f.sets[p].String(), again.sets[p].String()); diff != "" {
			t.Errorf("%s (-written +read):\n%s", p, diff)
		}
	}
}

// spoilt returns a good file with one piece of text exchanged.
func spoilt(t *testing.T, data []byte, old, replacement string) []byte {
	t.Helper()
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("the file has no %q", old)
	}
	return bytes.Replace(data, []byte(old), []byte(replacement), 1)
}

func TestOnlyAWholeAndKnownFileIsRead(t *testing.T) {
	f := must(newFile())(t)
	data := must(f.encode())(t)
	id := fmt.Sprint(idsOf(f.sets[Index])[0])
	for name, bad := range map[string][]byte{
		"nothing":              nil,
		"not JSON":             []byte("-----BEGIN KEY-----"),
		"null":                 []byte("null"),
		"cut off":              data[:len(data)/2],
		"something behind it":  append(slices.Clone(data), '{', '}'),
		"another version":      spoilt(t, data, `"version": 1`, `"version": 2`),
		"no id":                spoilt(t, data, f.id, ""),
		"a path as id":         spoilt(t, data, f.id, "../../../../../etc/passwd."),
		"an unknown part":      spoilt(t, data, `"id"`, `"kms": "", "id"`),
		"an unknown purpose":   spoilt(t, data, `"codes"`, `"colds"`),
		"a purpose more":       spoilt(t, data, `"codes"`, `"colds": {}, "codes"`),
		"no primary key":       spoilt(t, data, `"primaryKeyId": `+id, `"primaryKeyId": 1`),
		"its primary disabled": spoilt(t, data, `"ENABLED"`, `"DISABLED"`),
		"a disabled key":       withDisabled(t, Codes),
		"another cipher":       spoilt(t, data, "AesGcmKey", "AesGcmSivKey"),
		"another prefix":       spoilt(t, data, `"TINK"`, `"CRUNCHY"`),
		"no such thing":        spoilt(t, data, "HmacPrfKey", "HmacMacKey"),
		"a key not base64":     spoilt(t, data, `"value": "`, `"value": "!`),
		"addresses for index":  exchanged(t, data, Addresses, Index),
		"two keys of one id":   doubled(t, data, Audit),
	} {
		_, err := parse(bad)
		wants(t, name, err, ErrMalformed)
	}
}

// exchanged returns the file with the keys of two purposes in each other's place.
func exchanged(t *testing.T, data []byte, a, b Purpose) []byte {
	t.Helper()
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	d.Keys[a], d.Keys[b] = d.Keys[b], d.Keys[a]
	return must(json.Marshal(d))(t)
}

// doubled returns the file with the one key of a purpose twice.
func doubled(t *testing.T, data []byte, p Purpose) []byte {
	t.Helper()
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(d.Keys[p], &s); err != nil {
		t.Fatal(err)
	}
	list := s["key"].([]any)
	s["key"] = append(list, list[0])
	d.Keys[p] = must(json.Marshal(s))(t)
	return must(json.Marshal(d))(t)
}

// withDisabled returns a file with a second key of a purpose, which is disabled.
func withDisabled(t *testing.T, p Purpose) []byte {
	t.Helper()
	f := must(newFile())(t)
	m := keyset.NewManagerFromHandle(f.sets[p])
	if err := m.Disable(must(addKey(m, p))(t)); err != nil {
		t.Fatal(err)
	}
	f.sets[p] = must(m.Handle())(t)
	return must(f.encode())(t)
}

// secrets returns the keys of a file in every spelling that a log might have.
func secrets(t *testing.T, data []byte) []string {
	t.Helper()
	var d struct {
		Keys map[string]struct {
			Key []struct{ KeyData struct{ Value []byte } }
		}
	}
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, s := range d.Keys {
		for _, k := range s.Key {
			raw := k.KeyData.Value[len(k.KeyData.Value)-32:]
			found = append(found, string(raw), hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
				strings.Trim(fmt.Sprint(raw), "[]"), strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", raw), "[]byte{"), "}"),
				base64.StdEncoding.EncodeToString(k.KeyData.Value), base64.StdEncoding.EncodeToString(raw))
		}
	}
	if len(found) == 0 {
		t.Fatal("no key found in the file")
	}
	// What quotes the document's text as bytes:
	return append(found, strings.Trim(fmt.Sprint(data[20:60]), "[]"))
}

func TestNothingPrintsAKey(t *testing.T) {
	r, _ := newRing(t)
	data := must(os.ReadFile(r.path))(t)
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	hidden := secrets(t, data)
	f := must(parse(data))(t)
	for _, v := range []any{r, struct{ R *Ring }{r}, struct{ r *Ring }{r}, reflect.ValueOf(r).Elem(), []*Ring{r}, r.keys.Load(), *r.keys.Load(), f, &f, d, &d, struct{ D document }{d}} {
		var b bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%+q"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
		if _, bare := v.(struct{ D document }); !bare { // as JSON a document is the file
			slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		}
		for _, secret := range hidden {
			if strings.Contains(b.String(), secret) {
				t.Errorf("%T is printed with a key in it:\n%s", v, b.String())
				break
			}
		}
	}
	for _, v := range []any{r, f, r.keys.Load()} {
		if got := string(must(json.Marshal(v))(t)); got != "{}" {
			t.Errorf("%T as JSON: got %s, want {}", v, got)
		}
	}
}

func TestARingPrintsAsItsName(t *testing.T) {
	r, _ := newRing(t)
	want := "key ring " + r.ID()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, r); got != want {
			t.Errorf("%s: got %q, want %q", verb, got, want)
		}
	}
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "ring", r)
	if !strings.Contains(b.String(), `"ring":"`+want+`"`) {
		t.Errorf("log: got %s, want %q in it", b.String(), want)
	}
}
