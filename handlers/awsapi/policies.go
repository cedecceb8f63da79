package awsapi

import (
	"context"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/oncall"
)

func getContactPolicy(ctx context.Context, s *oncall.Service, by oncall.Actor, in wire.GetContactPolicyRequest) (out wire.GetContactPolicyResult, err error) {
	policy, err := s.Policy(ctx, by, oncall.ARN(in.ContactArn))
	return wire.GetContactPolicyResult{ContactArn: &in.ContactArn, Policy: &policy}, err
}

func putContactPolicy(ctx context.Context, s *oncall.Service, by oncall.Actor, in wire.PutContactPolicyRequest) (out wire.PutContactPolicyResult, err error) {
	return out, s.PutPolicy(ctx, by, oncall.PolicyChange{Contact: oncall.ARN(in.ContactArn), Policy: in.Policy})
}
