package passkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// The flags of authenticator data: WebAuthn, section 6.1.
const (
	present        = 0x01
	verified       = 0x04
	backupEligible = 0x08
	backedUp       = 0x10
	attested       = 0x40
)

// device is an authenticator in software with one passkey, and the browser before
// it. What a test assigns makes it a liar.
type device struct {
	t      testing.TB
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte // of the user whose passkey it holds
	rpID   string
	origin string
	flags  byte
	count  uint32

	challenge string         // instead of the one in the options
	kind      string         // instead of the type of the ceremony
	more      map[string]any // laid over the response
}

func newDevice(t testing.TB) *device {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &device{t: t, key: key, id: []byte(rand.Text()), rpID: "localhost", origin: origin, flags: present | verified}
}

// options is the part of both kinds of options that a device looks at.
type options struct {
	Challenge string `json:"challenge"`
	User      struct {
		ID string `json:"id"`
	} `json:"user"`
	Exclude []struct {
		ID string `json:"id"`
	} `json:"excludeCredentials"`
}

func (d *device) read(text []byte) options {
	d.t.Helper()
	var o options
	if err := json.Unmarshal(text, &o); err != nil {
		d.t.Fatal(err)
	}
	if d.challenge != "" {
		o.Challenge = d.challenge
	}
	return o
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (d *device) clientData(kind, challenge string) []byte {
	if d.kind != "" {
		kind = d.kind
	}
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

// data is the authenticator data, with what follows the counter.
func (d *device) data(flags byte, rest ...byte) []byte {
	party := sha256.Sum256([]byte(d.rpID))
	data := append(party[:], flags)
	data = binary.BigEndian.AppendUint32(data, d.count)
	return append(data, rest...)
}

func (d *device) cbor(v any) []byte {
	text, err := cbor.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

// register answers to the options of a registration, as toJSON writes it.
func (d *device) register(text []byte) []byte {
	d.t.Helper()
	o := d.read(text)
	handle, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	d.handle = handle
	public, err := d.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		d.t.Fatal(err)
	}
	cose := d.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: public[1:33], -3: public[33:]})
	made := slices.Concat(make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(d.id))), d.id, cose)
	return d.answer(map[string]any{
		"clientDataJSON":    encode(d.clientData("webauthn.create", o.Challenge)),
		"attestationObject": encode(d.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": d.data(d.flags|attested, made...)})),
		"transports":        []string{"internal", "hybrid"},
	})
}

// signIn answers to the options of a sign-in.
func (d *device) signIn(text []byte) []byte {
	d.t.Helper()
	client := d.clientData("webauthn.get", d.read(text).Challenge)
	data := d.data(d.flags)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(map[string]any{
		"clientDataJSON":    encode(client),
		"authenticatorData": encode(data),
		"signature":         encode(signature),
		"userHandle":        encode(d.handle),
	})
}

func (d *device) answer(response map[string]any) []byte {
	for name, value := range d.more {
		response[name] = value
	}
	text, err := json.Marshal(map[string]any{
		"id": encode(d.id), "rawId": encode(d.id), "type": "public-key", "response": response,
		"authenticatorAttachment": "platform",
		"clientExtensionResults":  map[string]any{"credProps": map[string]any{"rk": true}}, // nobody asked
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}
