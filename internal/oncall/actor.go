package oncall

// Door is the way a request came in.
type Door string

// The doors. Idempotency tokens of different doors never meet.
const (
	Browser Door = "browser" // a person, through the pages
	API     Door = "api"     // a program, through the wire protocol
	Command Door = "command" // the callbook command itself
)

// Actor is who asks for an operation. The zero Actor may do nothing.
type Actor struct {
	Door      Door
	Principal string // who, unique within the door
}

// permit refuses an actor that does not say who it is. It is the one place
// where an operation asks whether it may go ahead.
func (s *Service) permit(by Actor) error {
	if by.Door == "" || by.Principal == "" {
		return &Error{Kind: Denied, Message: "This request does not say who asks: sign in and try again."}
	}
	return nil
}

// admit permits the actor and looks at the ARN it names. A program is told when
// its ARN is none at all, as the service model says; a person, who follows a
// link, only learns that nothing is there.
func (s *Service) admit(by Actor, f Field, arn ARN) error {
	if err := s.permit(by); err != nil {
		return err
	}
	reason := arn.malformed()
	if by.Door == Browser || reason == "" {
		return nil
	}
	return invalid(FieldError{Field: f, Reason: reason, Message: sentences[f][reason]})
}
