package awsapi

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/oncall"
	"callbook/internal/sigv4"
)

// The exceptions of the service model, and those that the front end of every AWS service
// answers with.
const (
	accessDenied         = "AccessDeniedException"
	conflict             = "ConflictException"
	dataEncryption       = "DataEncryptionException"
	internalServer       = "InternalServerException"
	resourceNotFound     = "ResourceNotFoundException"
	serviceQuotaExceeded = "ServiceQuotaExceededException"
	throttling           = "ThrottlingException"
	validation           = "ValidationException"

	entityTooLarge   = "RequestEntityTooLargeException"
	serialization    = "SerializationException"
	operationUnknown = "UnknownOperationException"
)

// The reasons of a ValidationException.
const (
	fieldFailed       = "FIELD_VALIDATION_FAILED"
	reasonUnavailable = "UNKNOWN_OPERATION"
	reasonOther       = "OTHER"
)

// exception is the answer to a failed request, in the form of the service model. Members
// without a value are left out.
type exception struct {
	Type              string  `json:"__type"`
	Message           string  `json:"Message,omitzero"`
	FrontEnd          string  `json:"message,omitzero"` // instead of Message
	Reason            string  `json:"Reason,omitzero"`
	Fields            []field `json:"Fields,omitzero"`
	ResourceID        string  `json:"ResourceId,omitzero"`
	ResourceType      string  `json:"ResourceType,omitzero"`
	RetryAfterSeconds int     `json:"RetryAfterSeconds,omitzero"`
	QuotaCode         string  `json:"QuotaCode,omitzero"`
	ServiceCode       string  `json:"ServiceCode,omitzero"`
	status            int
	wait              int // seconds for Retry-After; 0: none. The model has no member for it in every exception.
}

// field is a ValidationExceptionField.
type field struct{ Name, Message string }

func (e *exception) Error() string { return e.Type + ": " + e.Message + e.FrontEnd }

func modelled(kind, message string) *exception {
	return &exception{Type: kind, Message: message, status: http.StatusBadRequest}
}

// frontEnd returns an exception that no service model lists.
func frontEnd(kind, message string) *exception {
	return &exception{Type: kind, FrontEnd: message, status: http.StatusBadRequest}
}

func unknownOperation(message string) error { return frontEnd(operationUnknown, message) }

// notAvailable answers an operation of the service model that Callbook does not have.
func notAvailable(name string) error {
	e := modelled(validation, name+" is not available in Callbook yet: see callbook help operations.")
	e.Reason, e.Fields = reasonUnavailable, []field{{"X-Amz-Target", e.Message}}
	return e
}

func rateExceeded() error {
	e := modelled(throttling, "Rate exceeded")
	e.ServiceCode, e.QuotaCode, e.RetryAfterSeconds = signingName, "requests-per-second", 1
	return e
}

// exceptionFor translates an error into the exception for the client. The operation is "" if
// it is not known.
func exceptionFor(err error, operation string) *exception {
	if e, ok := errors.AsType[*exception](err); ok {
		return e
	}
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return frontEnd(e.Type, e.Message)
	}
	if e, ok := errors.AsType[*wire.Malformed](err); ok {
		return frontEnd(serialization, e.Message)
	}
	if e, ok := errors.AsType[*wire.Invalid](err); ok {
		return unsatisfied(e)
	}
	if e, ok := errors.AsType[*oncall.Error](err); ok {
		return exceptionOf(e, operation).within(wire.Operations[operation].Exceptions)
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok && e.Code < http.StatusInternalServerError {
		return frontEnd(accessDenied, "Callbook does not answer programs here: send the request to the address of its pages.")
	}
	if errors.Is(err, errTooLarge) {
		e := frontEnd(entityTooLarge, "A request may have at most 1 MiB, as sent and after decompression.")
		e.status = http.StatusRequestEntityTooLarge
		return e
	}
	return fault(oncall.Fault(err).Message)
}

func fault(message string) *exception {
	e := modelled(internalServer, message)
	e.status = http.StatusInternalServerError
	return e
}

// unsatisfied answers a document that breaks constraints of the model.
func unsatisfied(broken *wire.Invalid) *exception {
	e := modelled(validation, broken.Error())
	e.Reason = fieldFailed
	for _, v := range broken.Violations {
		e.Fields = append(e.Fields, field{v.Member, v.Message})
	}
	return e
}

// exceptionOf translates an error of the domain.
func exceptionOf(err *oncall.Error, operation string) *exception {
	switch err.Kind {
	case oncall.Invalid:
		return refused(err, operation)
	case oncall.NotFound:
		return about(err.Resource, modelled(resourceNotFound, err.Message))
	case oncall.Conflict:
		return about(err.Resource, modelled(conflict, err.Message))
	case oncall.Denied:
		return modelled(accessDenied, err.Message)
	case oncall.Sealed:
		return modelled(dataEncryption, err.Message)
	case oncall.Limited:
		return limited(err)
	}
	return fault(err.Message)
}

func limited(err *oncall.Error) *exception {
	e := modelled(throttling, err.Message)
	e.RetryAfterSeconds = int(math.Ceil(err.RetryAfter.Seconds()))
	if err.Reason == oncall.Quota {
		e = about(err.Resource, modelled(serviceQuotaExceeded, err.Message))
	}
	e.ServiceCode, e.QuotaCode = signingName, strings.ReplaceAll(string(err.Reason), "_", "-")
	e.wait = int(math.Ceil(err.RetryAfter.Seconds()))
	return e
}

// about adds the resource to an exception: a contact or a channel. Without one it adds
// nothing.
func about(resource oncall.ARN, e *exception) *exception {
	if resource == "" {
		return e
	}
	e.ResourceID, e.ResourceType = string(resource), "CONTACT"
	if strings.Contains(string(resource), ":contact-channel/") {
		e.ResourceType = "CONTACT_CHANNEL"
	}
	return e
}

// within replaces an exception that the model does not list for the operation by one that it
// lists, because SDKs decode no other. A nil list allows every exception.
func (e *exception) within(expected []string) *exception {
	if expected == nil || slices.Contains(expected, e.Type) {
		return e
	}
	if e.Type == dataEncryption {
		return fault(e.Message)
	}
	other := modelled(validation, e.Message)
	other.Reason, other.Fields, other.wait = reasonOther, []field{}, e.wait
	return other
}

// refused answers input that the domain refuses.
func refused(err *oncall.Error, operation string) *exception {
	var messages []string
	e := modelled(validation, "")
	e.Reason = fieldFailed
	for _, f := range err.Fields {
		messages = append(messages, f.Message)
		e.Fields = append(e.Fields, field{memberOf(operation, f.Field), f.Message})
	}
	e.Message = strings.Join(messages, " ")
	return e
}

// members are the names of the domain's fields in the service model. If there are several,
// the operation decides.
var members = map[oncall.Field][]string{
	oncall.FieldContact:     {"ContactId", "ContactArn", "ResourceARN"},
	oncall.FieldChannel:     {"ContactChannelId"},
	oncall.FieldAlias:       {"Alias", "AliasPrefix"},
	oncall.FieldDisplayName: {"DisplayName"},
	oncall.FieldType:        {"Type"},
	oncall.FieldPlan:        {"Plan"},
	oncall.FieldName:        {"Name"},
	oncall.FieldAddress:     {"DeliveryAddress"},
	oncall.FieldCode:        {"ActivationCode"},
	oncall.FieldToken:       {"IdempotencyToken"},
	oncall.FieldCursor:      {"NextToken"},
	oncall.FieldTags:        {"Tags", "TagKeys"},
	oncall.FieldPolicy:      {"Policy"},
}

func memberOf(operation string, f oncall.Field) string {
	for _, name := range members[f] {
		if !wire.Operations[operation].HasMember(name) {
			continue
		}
		if f == oncall.FieldAddress {
			return name + ".SimpleAddress"
		}
		return name
	}
	return string(f)
}
