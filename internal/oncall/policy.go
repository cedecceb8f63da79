package oncall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

// A contact may have a resource policy, by which AWS shares it with other
// accounts. Here a policy is stored and returned, so that programs find what they
// wrote, and grants nothing: who may do what is decided by roles alone.

// Policy returns the resource policy of a contact, byte for byte. It fails as
// Contact does, and with NotFound when there is none.
func (s *Service) Policy(ctx context.Context, by Actor, contact ARN) (string, error) {
	if err := s.admit(ctx, by, GetContactPolicy, FieldContact, contact); err != nil {
		return "", err
	}
	var policy string
	err := s.view(ctx, func(q Queries) error {
		c, err := s.contact(q, contact)
		if err != nil {
			return err
		}
		policy, err = q.Policy(c.Alias)
		if errors.Is(err, ErrMissing) {
			return notFound("Contact policy", contact)
		}
		return err
	})
	return policy, err
}

// PolicyChange is the input of PutPolicy.
type PolicyChange struct {
	Contact ARN
	Policy  string `field:"policy" validate:"required,max=395000,object"` // the JSON of an object
}

// check returns what the rules refuse.
func (in PolicyChange) check() []FieldError { return check(in) }

// PutPolicy gives a contact a resource policy in the place of the one it has. The
// same text again is not written. What the policy says is not looked at. It fails
// as Contact does, and with Invalid.
func (s *Service) PutPolicy(ctx context.Context, by Actor, in PolicyChange) error {
	if err := s.admit(ctx, by, PutContactPolicy, FieldContact, in.Contact); err != nil {
		return err
	}
	if fields := in.check(); len(fields) > 0 {
		return invalid(fields...)
	}
	return s.update(ctx, func(q Queries) error {
		c, err := s.contact(q, in.Contact)
		if err != nil {
			return err
		}
		was, err := q.Policy(c.Alias)
		switch {
		case err != nil && !errors.Is(err, ErrMissing):
			return err
		case was == in.Policy: // never "", which is no object
			return nil
		}
		if err := q.SetPolicy(c.Alias, in.Policy); err != nil {
			return err
		}
		return s.record(q, by, PutContactPolicy, in.Contact, change(FieldPolicy, policySummary(was), policySummary(in.Policy)))
	})
}

// isObject reports whether a text is the JSON of one object and nothing else.
func isObject(f validator.FieldLevel) bool {
	text := f.Field().String()
	return utf8.ValidString(text) && strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && json.Valid([]byte(text))
}

// policySummary tells two policies apart in the audit trail; "" is none.
func policySummary(policy string) string {
	if policy == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(policy))
	return fmt.Sprintf("%d characters, sha256 %s", utf8.RuneCountInString(policy), hex.EncodeToString(sum[:8]))
}
