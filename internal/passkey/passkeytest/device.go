// Package passkeytest is an authenticator in software, with the browser before it,
// for tests of what passkeys sign in to.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// The flags of authenticator data: WebAuthn, section 6.1.
const (
	Present        = 0x01
	Verified       = 0x04
	BackupEligible = 0x08
	BackedUp       = 0x10
	Attested       = 0x40
)

// Device is an authenticator in software with one passkey, and the browser before
// it. What a test assigns makes it a liar.
type Device struct {
	T      testing.TB
	Key    *ecdsa.PrivateKey
	ID     []byte
	Handle []byte // of the user whose passkey it holds
	RPID   string
	Origin string
	Flags  byte
	Count  uint32

	Challenge string         // instead of the one in the options
	Kind      string         // instead of the type of the ceremony
	More      map[string]any // laid over the response
}

// NewDevice returns a device whose browser is at an address.
func NewDevice(t testing.TB, origin string) *Device {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	return &Device{T: t, Key: key, ID: []byte(rand.Text()), RPID: u.Hostname(), Origin: origin, Flags: Present | Verified}
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

func (d *Device) read(text []byte) options {
	d.T.Helper()
	var o options
	if err := json.Unmarshal(text, &o); err != nil {
		d.T.Fatal(err)
	}
	if d.Challenge != "" {
		o.Challenge = d.Challenge
	}
	return o
}

// Encode writes bytes as WebAuthn has them in JSON.
func Encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (d *Device) clientData(kind, challenge string) []byte {
	if d.Kind != "" {
		kind = d.Kind
	}
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	if err != nil {
		d.T.Fatal(err)
	}
	return text
}

// Data is the authenticator data, with what follows the counter.
func (d *Device) Data(flags byte, rest ...byte) []byte {
	party := sha256.Sum256([]byte(d.RPID))
	data := append(party[:], flags)
	data = binary.BigEndian.AppendUint32(data, d.Count)
	return append(data, rest...)
}

func (d *Device) cbor(v any) []byte {
	text, err := cbor.Marshal(v)
	if err != nil {
		d.T.Fatal(err)
	}
	return text
}

// Register answers to the options of a registration, as toJSON writes it.
func (d *Device) Register(text []byte) []byte {
	d.T.Helper()
	o := d.read(text)
	handle, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		d.T.Fatal(err)
	}
	d.Handle = handle
	public, err := d.Key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		d.T.Fatal(err)
	}
	cose := d.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: public[1:33], -3: public[33:]})
	made := slices.Concat(make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(d.ID))), d.ID, cose)
	return d.answer(map[string]any{
		"clientDataJSON":    Encode(d.clientData("webauthn.create", o.Challenge)),
		"attestationObject": Encode(d.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": d.Data(d.Flags|Attested, made...)})),
		"transports":        []string{"internal", "hybrid"},
	})
}

// SignIn answers to the options of a sign-in.
func (d *Device) SignIn(text []byte) []byte {
	d.T.Helper()
	client := d.clientData("webauthn.get", d.read(text).Challenge)
	data := d.Data(d.Flags)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.Key, digest[:])
	if err != nil {
		d.T.Fatal(err)
	}
	return d.answer(map[string]any{
		"clientDataJSON":    Encode(client),
		"authenticatorData": Encode(data),
		"signature":         Encode(signature),
		"userHandle":        Encode(d.Handle),
	})
}

func (d *Device) answer(response map[string]any) []byte {
	for name, value := range d.More {
		response[name] = value
	}
	text, err := json.Marshal(map[string]any{
		"id": Encode(d.ID), "rawId": Encode(d.ID), "type": "public-key", "response": response,
		"authenticatorAttachment": "platform",
		"clientExtensionResults":  map[string]any{"credProps": map[string]any{"rk": true}}, // nobody asked
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return text
}
