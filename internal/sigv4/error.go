package sigv4

import "fmt"

// Error is why a request is refused, in the words of AWS's JSON services. No
// message holds a secret, or a signature that would be a valid one.
type Error struct {
	Type    string // the exception's name, such as InvalidSignatureException
	Message string // a sentence or several, which may quote the request
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// missing says that nobody signed.
func missing() error {
	return &Error{"MissingAuthenticationTokenException", "Missing Authentication Token"}
}

// incomplete says that the signature lacks a part or has one that cannot be read.
func incomplete(format string, args ...any) error {
	return &Error{"IncompleteSignatureException", fmt.Sprintf(format, args...)}
}

// invalid says that the signature can be read and is not good for this request.
func invalid(format string, args ...any) error {
	return &Error{"InvalidSignatureException", fmt.Sprintf(format, args...)}
}

// unrecognized says that the key, or the temporary credentials, do not exist.
func unrecognized() error {
	return &Error{"UnrecognizedClientException", "The security token included in the request is invalid."}
}
