package awsapi

import (
	"context"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// operation reads the body of a request, calls one operation of the domain, and returns the
// document to answer with.
type operation func(ctx context.Context, d *contacts.Directory, by oncall.Actor, body []byte) (any, error)

// operations are the operations of the API. wire.Operations has the exceptions of each.
var operations = map[string]operation{
	"CreateContact": operationOf(createContact),
	"GetContact":    operationOf(getContact),
	"ListContacts":  operationOf(listContacts),
	"UpdateContact": operationOf(updateContact),
	"DeleteContact": operationOf(deleteContact),

	"CreateContactChannel":     operationOf(createContactChannel),
	"GetContactChannel":        operationOf(getContactChannel),
	"ListContactChannels":      operationOf(listContactChannels),
	"UpdateContactChannel":     operationOf(updateContactChannel),
	"DeleteContactChannel":     operationOf(deleteContactChannel),
	"SendActivationCode":       operationOf(sendActivationCode),
	"ActivateContactChannel":   operationOf(activateContactChannel),
	"DeactivateContactChannel": operationOf(deactivateContactChannel),

	"TagResource":         operationOf(tagResource),
	"UntagResource":       operationOf(untagResource),
	"ListTagsForResource": operationOf(listTagsForResource),

	"GetContactPolicy": operationOf(getContactPolicy),
	"PutContactPolicy": operationOf(putContactPolicy),
}

// of makes an operation from a function between documents of the service model.
func operationOf[In wire.Input, Out any](do func(context.Context, *contacts.Directory, oncall.Actor, In) (Out, error)) operation {
	return func(ctx context.Context, d *contacts.Directory, by oncall.Actor, body []byte) (any, error) {
		in, err := wire.Read[In](body)
		if err != nil {
			return nil, err
		}
		return do(ctx, d, by, in)
	}
}

// value returns the value of a member, or the zero value if it is absent.
func value[T any](member *T) T {
	if member == nil {
		var zero T
		return zero
	}
	return *member
}

// orAbsent returns a member, which is absent if the text is empty.
func orAbsent(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
