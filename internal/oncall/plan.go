package oncall

// Plan is a contact's engagement plan: whom or what to engage, in which order.
// It is stored and returned exactly as it came, down to what was left out.
// The zero Plan is valid and engages nobody.
type Plan struct {
	Stages      []Stage `json:"Stages,omitempty" validate:"max=100,dive"`
	RotationIDs []ARN   `json:"RotationIds,omitempty" validate:"max=100,dive,arn"`
}

// Stage engages its targets, then waits. It may have no targets.
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
