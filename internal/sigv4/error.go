package sigv4

import "fmt"

// Error is a refusal in the words of AWS's JSON services. Its message contains no
// secret and no valid signature.
type Error struct {
	Type    string // the name of the exception, such as InvalidSignatureException
	Message string // one or more sentences, which may quote the request
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// missing reports a request without a signature.
func missing() error {
	return &Error{"MissingAuthenticationTokenException", "Missing Authentication Token"}
}

// incomplete reports a signature with a missing or malformed part.
func incomplete(format string, args ...any) error {
	return &Error{"IncompleteSignatureException", fmt.Sprintf(format, args...)}
}

// invalid reports a well-formed signature that is not valid for this request.
func invalid(format string, args ...any) error {
	return &Error{"InvalidSignatureException", fmt.Sprintf(format, args...)}
}

// unrecognized reports an unknown access key or temporary credentials.
func unrecognized() error {
	return &Error{"UnrecognizedClientException", "The security token included in the request is invalid."}
}
