package awsapi

import (
	"callbook/handlers/awsapi/wire"
	"callbook/internal/oncall"
)

// planOf converts a plan of the wire. Absent members stay absent, and an empty list stays
// different from an absent one.
func planOf(p wire.Plan) oncall.Plan {
	return oncall.Plan{Stages: each(p.Stages, stageOf), RotationIDs: each(p.RotationIds, arnOf)}
}

func stageOf(s wire.Stage) oncall.Stage {
	return oncall.Stage{DurationInMinutes: s.DurationInMinutes, Targets: each(s.Targets, targetOf)}
}

func targetOf(t wire.Target) (target oncall.Target) {
	if c := t.ChannelTargetInfo; c != nil {
		target.Channel = &oncall.ChannelTarget{Channel: oncall.ARN(c.ContactChannelId), RetryIntervalInMinutes: c.RetryIntervalInMinutes}
	}
	if c := t.ContactTargetInfo; c != nil {
		target.Contact = &oncall.ContactTarget{Contact: oncall.ARN(value(c.ContactId)), Essential: c.IsEssential}
	}
	return target
}

func arnOf(s string) oncall.ARN { return oncall.ARN(s) }

// wirePlan is the inverse of planOf.
func wirePlan(p oncall.Plan) wire.Plan {
	return wire.Plan{Stages: each(p.Stages, wireStage), RotationIds: each(p.RotationIDs, wireARN)}
}

func wireStage(s oncall.Stage) wire.Stage {
	return wire.Stage{DurationInMinutes: s.DurationInMinutes, Targets: each(s.Targets, wireTarget)}
}

func wireTarget(t oncall.Target) (target wire.Target) {
	if c := t.Channel; c != nil {
		target.ChannelTargetInfo = &wire.ChannelTargetInfo{ContactChannelId: string(c.Channel), RetryIntervalInMinutes: c.RetryIntervalInMinutes}
	}
	if c := t.Contact; c != nil {
		target.ContactTargetInfo = &wire.ContactTargetInfo{ContactId: orAbsent(string(c.Contact)), IsEssential: c.Essential}
	}
	return target
}

func wireARN(a oncall.ARN) string { return string(a) }

// each converts the elements of a list. A nil list stays nil.
func each[From, To any](list []From, convert func(From) To) []To {
	if list == nil {
		return nil
	}
	converted := make([]To, len(list))
	for i, element := range list {
		converted[i] = convert(element)
	}
	return converted
}
