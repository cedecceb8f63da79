package oncall

import "errors"

// ResourceOf returns the ARN of what stands in the way in the *Error in err's
// chain, or "".
func ResourceOf(err error) ARN {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Resource
	}
	return ""
}
