package awsapi

import (
	"context"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// operation reads the body of a request, calls one operation of the domain, and
// returns what is to be answered.
type operation func(ctx context.Context, d *contacts.Directory, by oncall.Actor, body []byte) (any, error)

// operations is everything that programs can ask for. The exceptions that an
// operation may raise are in wire.Operations.
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

// of makes an operation of a function between documents of the service model.
func operationOf[In wire.Input, Out any](do func(context.Context, *contacts.Directory, oncall.Actor, In) (Out, error)) operation {
	return func(ctx context.Context, d *contacts.Directory, by oncall.Actor, body []byte) (any, error) {
		in, err := wire.Read[In](body)
		if err != nil {
			return nil, err
		}
		return do(ctx, d, by, in)
	}
}

// value is what a member holds, and the zero value where it is absent.
func value[T any](member *T) T {
	if member == nil {
		var zero T
		return zero
	}
	return *member
}

// orAbsent is a member that is absent when it is empty.
func orAbsent(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
