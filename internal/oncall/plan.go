package oncall

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// Plan is a contact's engagement plan: the channels and contacts to engage, in order. It
// is stored and returned exactly as it came: a nil list was left out, an empty list was
// given. The zero Plan is valid and engages no one.
type Plan struct {
	Stages      []Stage `json:"Stages,omitzero" validate:"max=100,dive"`
	RotationIDs []ARN   `json:"RotationIds,omitzero" validate:"max=25,dive,max=2048,arn"`
}

// Stage engages its targets, then waits. It may have no targets, but then it
// must wait (the service model: "The duration can only be set to 0 if a target
// is specified").
type Stage struct {
	DurationInMinutes int      `json:"DurationInMinutes" validate:"min=0,max=30"`
	Targets           []Target `json:"Targets" validate:"max=100,dive"`
}

// Target is a channel or a contact: at least one of the two.
type Target struct {
	Channel *ChannelTarget `json:"ChannelTargetInfo,omitempty" validate:"required_without=Contact"`
	Contact *ContactTarget `json:"ContactTargetInfo,omitempty" validate:"required_without=Channel"`
}

// ChannelTarget engages one channel. A plan that names a deleted channel keeps
// the ARN.
type ChannelTarget struct {
	Channel                ARN  `json:"ContactChannelId" validate:"required,max=2048,arn"`
	RetryIntervalInMinutes *int `json:"RetryIntervalInMinutes,omitempty" validate:"omitempty,min=0,max=60"`
}

// ContactTarget engages a contact. Contact may be empty: the service model
// requires only IsEssential.
type ContactTarget struct {
	Contact   ARN  `json:"ContactId,omitempty" validate:"omitempty,max=2048,arn"`
	Essential bool `json:"IsEssential"`
}

// check returns the rules that the plan of a contact of this type breaks, except those in
// the struct tags.
func (p Plan) check(t ContactType) []FieldError {
	var fields []FieldError
	if t == OncallSchedule && len(p.Stages) > 0 {
		fields = append(fields, FieldError{Field: FieldPlan, Reason: Unfitting,
			Message: "Invalid value provided - ONCALL SCHEDULE contact cannot have stages in plan"})
	}
	idle := func(s Stage) bool { return s.DurationInMinutes == 0 && len(s.Targets) == 0 }
	if slices.ContainsFunc(p.Stages, idle) {
		fields = append(fields, FieldError{Field: FieldPlan, Reason: Unfitting,
			Message: "Give each stage a target, or let it wait at least 1 minute."})
	}
	return fields
}

// Summary returns a short text for the audit trail that differs for different plans. It
// returns "" for the zero Plan.
func (p Plan) Summary() string {
	encoded, _ := json.Marshal(p) // every field can be encoded
	if string(encoded) == "{}" {
		return ""
	}
	sum := sha256.Sum256(encoded)
	return fmt.Sprintf("%d stages, %d rotations, sha256 %s", len(p.Stages), len(p.RotationIDs), hex.EncodeToString(sum[:8]))
}
