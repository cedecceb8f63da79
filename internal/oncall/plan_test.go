package oncall

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	arnOfAna     = "arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana"
	arnOfChannel = "arn:aws:ssm-contacts:us-east-1:000000000000:contact-channel/ana/1"
)

func TestPlans(t *testing.T) {
	const (
		sayStages    = "Invalid value provided - ONCALL SCHEDULE contact cannot have stages in plan"
		sayWait      = "Let each stage wait 0 to 30 minutes."
		sayRetry     = "Let each retry wait 0 to 60 minutes."
		sayTarget    = "Give each target of the plan a channel or a contact."
		sayARN       = "Name every channel, contact and rotation of the plan by its full ARN."
		sayRotations = "Use at most 25 rotations in a plan."
		sayIdle      = "Give each stage a target, or let it wait at least 1 minute."
	)
	channel := `{"ChannelTargetInfo":{"ContactChannelId":"` + arnOfChannel + `"}}`
	stage := func(minutes, targets string) string {
		return `{"Stages":[{"DurationInMinutes":` + minutes + `,"Targets":[` + targets + `]}]}`
	}
	rotations := func(n int) string {
		return `{"RotationIds":[` + strings.TrimSuffix(strings.Repeat(`"arn:aws:ssm-contacts:us-east-1:000000000000:rotation/1",`, n), ",") + `]}`
	}
	for _, c := range []struct {
		contact  ContactType
		plan     string
		reason   Reason
		sentence string
	}{
		{Personal, `{}`, "", ""},
		{Personal, `{"Stages":[]}`, "", ""},
		{OncallSchedule, `{"Stages":[],"RotationIds":[]}`, "", ""},
		{OncallSchedule, rotations(25), "", ""},
		{Personal, stage("0", channel), "", ""},
		{Personal, stage("1", ""), "", ""},
		{Personal, stage("30", channel), "", ""},
		{Personal, stage("5", `{"ChannelTargetInfo":{"ContactChannelId":"`+arnOfChannel+`","RetryIntervalInMinutes":0}}`), "", ""},
		{Personal, stage("5", `{"ChannelTargetInfo":{"ContactChannelId":"`+arnOfChannel+`","RetryIntervalInMinutes":60}}`), "", ""},
		{Escalation, stage("5", `{"ContactTargetInfo":{"ContactId":"`+arnOfAna+`","IsEssential":true}}`), "", ""},
		{Escalation, stage("5", `{"ContactTargetInfo":{"IsEssential":false}}`), "", ""}, // the model requires no more

		{OncallSchedule, stage("5", channel), Unfitting, sayStages},
		{Personal, stage("0", ""), Unfitting, sayIdle},
		{Personal, stage("-1", channel), Range, sayWait},
		{Personal, stage("31", channel), TooLong, sayWait},
		{Personal, stage("5", `{"ChannelTargetInfo":{"ContactChannelId":"`+arnOfChannel+`","RetryIntervalInMinutes":61}}`), TooLong, sayRetry},
		{Personal, stage("5", `{"ChannelTargetInfo":{"ContactChannelId":"`+arnOfChannel+`","RetryIntervalInMinutes":-1}}`), Range, sayRetry},
		{Personal, stage("5", `{}`), Required, sayTarget},
		{Personal, stage("5", `{},{}`), Required, sayTarget}, // reported once
		{Personal, stage("5", `{"ChannelTargetInfo":{"ContactChannelId":""}}`), Required, sayARN},
		{Personal, stage("5", `{"ChannelTargetInfo":{"ContactChannelId":"ana"}}`), Pattern, sayARN},
		{Escalation, stage("5", `{"ContactTargetInfo":{"ContactId":"ana","IsEssential":true}}`), Pattern, sayARN},
		{OncallSchedule, `{"RotationIds":["ana"]}`, Pattern, sayARN},
		{OncallSchedule, rotations(26), TooLong, sayRotations},
		{Personal, `{"Stages":[` + strings.Repeat(`{"DurationInMinutes":1,"Targets":[]},`, 100) + `{"DurationInMinutes":1,"Targets":[]}]}`, TooLong, "Use at most 100 stages in a plan."},
		{Personal, stage("5", strings.Repeat(channel+",", 100)+channel), TooLong, "Use at most 100 targets in a stage."},
	} {
		var plan Plan
		if err := json.Unmarshal([]byte(c.plan), &plan); err != nil {
			t.Fatalf("%s: %v", c.plan, err)
		}
		var want []FieldError
		if c.sentence != "" {
			want = []FieldError{{Field: FieldPlan, Reason: c.reason, Message: c.sentence}}
		}
		got := NewContact{Alias: "ana", Type: c.contact, Plan: plan}.Check(API)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s of %s: -want +got\n%s", c.plan, c.contact, diff)
		}
		again, err := json.Marshal(plan)
		if err != nil || string(again) != c.plan {
			t.Errorf("%s is returned as %s, %v", c.plan, again, err)
		}
	}
}
