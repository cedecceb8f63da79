// Code generated from the service model ssm-contacts 2021-05-03 by make generate. DO NOT EDIT.

package wire

// Operations is every operation of the service model, by name.
var Operations = map[string]Operation{
	"AcceptPage":                {},
	"ActivateContactChannel":    {input: &shapeOfActivateContactChannelRequest, Exceptions: []string{"AccessDeniedException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"CreateContact":             {input: &shapeOfCreateContactRequest, Exceptions: []string{"AccessDeniedException", "ConflictException", "DataEncryptionException", "InternalServerException", "ServiceQuotaExceededException", "ThrottlingException", "ValidationException"}},
	"CreateContactChannel":      {input: &shapeOfCreateContactChannelRequest, Exceptions: []string{"AccessDeniedException", "ConflictException", "DataEncryptionException", "InternalServerException", "ThrottlingException", "ValidationException"}},
	"CreateRotation":            {},
	"CreateRotationOverride":    {},
	"DeactivateContactChannel":  {input: &shapeOfDeactivateContactChannelRequest, Exceptions: []string{"AccessDeniedException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"DeleteContact":             {input: &shapeOfDeleteContactRequest, Exceptions: []string{"AccessDeniedException", "ConflictException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"DeleteContactChannel":      {input: &shapeOfDeleteContactChannelRequest, Exceptions: []string{"AccessDeniedException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"DeleteRotation":            {},
	"DeleteRotationOverride":    {},
	"DescribeEngagement":        {},
	"DescribePage":              {},
	"GetContact":                {input: &shapeOfGetContactRequest, Exceptions: []string{"AccessDeniedException", "DataEncryptionException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"GetContactChannel":         {input: &shapeOfGetContactChannelRequest, Exceptions: []string{"AccessDeniedException", "DataEncryptionException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"GetContactPolicy":          {input: &shapeOfGetContactPolicyRequest, Exceptions: []string{"AccessDeniedException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"GetRotation":               {},
	"GetRotationOverride":       {},
	"ListContactChannels":       {input: &shapeOfListContactChannelsRequest, Exceptions: []string{"AccessDeniedException", "DataEncryptionException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"ListContacts":              {input: &shapeOfListContactsRequest, Exceptions: []string{"AccessDeniedException", "InternalServerException", "ThrottlingException", "ValidationException"}},
	"ListEngagements":           {},
	"ListPageReceipts":          {},
	"ListPageResolutions":       {},
	"ListPagesByContact":        {},
	"ListPagesByEngagement":     {},
	"ListPreviewRotationShifts": {},
	"ListRotationOverrides":     {},
	"ListRotationShifts":        {},
	"ListRotations":             {},
	"ListTagsForResource":       {input: &shapeOfListTagsForResourceRequest, Exceptions: []string{"AccessDeniedException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"PutContactPolicy":          {input: &shapeOfPutContactPolicyRequest, Exceptions: []string{"AccessDeniedException", "ConflictException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"SendActivationCode":        {input: &shapeOfSendActivationCodeRequest, Exceptions: []string{"AccessDeniedException", "DataEncryptionException", "InternalServerException", "ResourceNotFoundException", "ServiceQuotaExceededException", "ThrottlingException", "ValidationException"}},
	"StartEngagement":           {},
	"StopEngagement":            {},
	"TagResource":               {input: &shapeOfTagResourceRequest, Exceptions: []string{"AccessDeniedException", "InternalServerException", "ResourceNotFoundException", "ServiceQuotaExceededException", "ThrottlingException", "ValidationException"}},
	"UntagResource":             {input: &shapeOfUntagResourceRequest, Exceptions: []string{"AccessDeniedException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"UpdateContact":             {input: &shapeOfUpdateContactRequest, Exceptions: []string{"AccessDeniedException", "DataEncryptionException", "InternalServerException", "ResourceNotFoundException", "ServiceQuotaExceededException", "ThrottlingException", "ValidationException"}},
	"UpdateContactChannel":      {input: &shapeOfUpdateContactChannelRequest, Exceptions: []string{"AccessDeniedException", "ConflictException", "DataEncryptionException", "InternalServerException", "ResourceNotFoundException", "ThrottlingException", "ValidationException"}},
	"UpdateRotation":            {},
}

var shapeOfActivateContactChannelRequest = shape{kind: structure, members: []member{
	{name: "ContactChannelId", shape: &shapeOfSsmContactsArn, required: true},
	{name: "ActivationCode", shape: &shapeOfActivationCode, required: true},
}}

var shapeOfActivationCode = shape{kind: text, limits: &limits{6, 10}, pattern: anchored(`^[0-9]*$`), source: `^[0-9]*$`}

var shapeOfAmazonResourceName = shape{kind: text, limits: &limits{1, 1011}}

var shapeOfChannelName = shape{kind: text, limits: &limits{1, 255}, pattern: anchored(`^[\p{L}\p{Z}\p{N}_.\-]*$`), source: `^[\p{L}\p{Z}\p{N}_.\-]*$`}

var shapeOfChannelTargetInfo = shape{kind: structure, members: []member{
	{name: "ContactChannelId", shape: &shapeOfSsmContactsArn, required: true},
	{name: "RetryIntervalInMinutes", shape: &shapeOfRetryIntervalInMinutes},
}}

var shapeOfChannelType = shape{kind: text, enum: []string{"SMS", "VOICE", "EMAIL"}}

var shapeOfContactAlias = shape{kind: text, limits: &limits{1, 255}, pattern: anchored(`^[a-z0-9_\-]*$`), source: `^[a-z0-9_\-]*$`}

var shapeOfContactChannelAddress = shape{kind: structure, members: []member{
	{name: "SimpleAddress", shape: &shapeOfSimpleAddress},
}}

var shapeOfContactName = shape{kind: text, limits: &limits{0, 255}, pattern: anchored(`^[\p{L}\p{Z}\p{N}_.\-]*$`), source: `^[\p{L}\p{Z}\p{N}_.\-]*$`}

var shapeOfContactTargetInfo = shape{kind: structure, members: []member{
	{name: "ContactId", shape: &shapeOfSsmContactsArn},
	{name: "IsEssential", shape: &shapeOfIsEssential, required: true},
}}

var shapeOfContactType = shape{kind: text, enum: []string{"PERSONAL", "ESCALATION", "ONCALL_SCHEDULE"}}

var shapeOfCreateContactChannelRequest = shape{kind: structure, members: []member{
	{name: "ContactId", shape: &shapeOfSsmContactsArn, required: true},
	{name: "Name", shape: &shapeOfChannelName, required: true},
	{name: "Type", shape: &shapeOfChannelType, required: true},
	{name: "DeliveryAddress", shape: &shapeOfContactChannelAddress, required: true},
	{name: "DeferActivation", shape: &shapeOfDeferActivation},
	{name: "IdempotencyToken", shape: &shapeOfIdempotencyToken},
}}

var shapeOfCreateContactRequest = shape{kind: structure, members: []member{
	{name: "Alias", shape: &shapeOfContactAlias, required: true},
	{name: "DisplayName", shape: &shapeOfContactName},
	{name: "Type", shape: &shapeOfContactType, required: true},
	{name: "Plan", shape: &shapeOfPlan, required: true},
	{name: "Tags", shape: &shapeOfTagsList},
	{name: "IdempotencyToken", shape: &shapeOfIdempotencyToken},
}}

var shapeOfDeactivateContactChannelRequest = shape{kind: structure, members: []member{
	{name: "ContactChannelId", shape: &shapeOfSsmContactsArn, required: true},
}}

var shapeOfDeferActivation = shape{kind: truth}

var shapeOfDeleteContactChannelRequest = shape{kind: structure, members: []member{
	{name: "ContactChannelId", shape: &shapeOfSsmContactsArn, required: true},
}}

var shapeOfDeleteContactRequest = shape{kind: structure, members: []member{
	{name: "ContactId", shape: &shapeOfSsmContactsArn, required: true},
}}

var shapeOfGetContactChannelRequest = shape{kind: structure, members: []member{
	{name: "ContactChannelId", shape: &shapeOfSsmContactsArn, required: true},
}}

var shapeOfGetContactPolicyRequest = shape{kind: structure, members: []member{
	{name: "ContactArn", shape: &shapeOfSsmContactsArn, required: true},
}}

var shapeOfGetContactRequest = shape{kind: structure, members: []member{
	{name: "ContactId", shape: &shapeOfSsmContactsArn, required: true},
}}

var shapeOfIdempotencyToken = shape{kind: text, limits: &limits{0, 2048}, pattern: anchored(`^[\\\/a-zA-Z0-9_+=\-]*$`), source: `^[\\\/a-zA-Z0-9_+=\-]*$`}

var shapeOfIsEssential = shape{kind: truth}

var shapeOfListContactChannelsRequest = shape{kind: structure, members: []member{
	{name: "ContactId", shape: &shapeOfSsmContactsArn, required: true},
	{name: "NextToken", shape: &shapeOfPaginationToken},
	{name: "MaxResults", shape: &shapeOfMaxResults},
}}

var shapeOfListContactsRequest = shape{kind: structure, members: []member{
	{name: "NextToken", shape: &shapeOfPaginationToken},
	{name: "MaxResults", shape: &shapeOfMaxResults},
	{name: "AliasPrefix", shape: &shapeOfContactAlias},
	{name: "Type", shape: &shapeOfContactType},
}}

var shapeOfListTagsForResourceRequest = shape{kind: structure, members: []member{
	{name: "ResourceARN", shape: &shapeOfAmazonResourceName, required: true},
}}

var shapeOfMaxResults = shape{kind: integer, limits: &limits{0, 1024}}

var shapeOfPaginationToken = shape{kind: text, limits: &limits{0, 2048}, pattern: anchored(`^[\\\/a-zA-Z0-9_+=\-]*$`), source: `^[\\\/a-zA-Z0-9_+=\-]*$`}

var shapeOfPlan = shape{kind: structure, members: []member{
	{name: "Stages", shape: &shapeOfStagesList},
	{name: "RotationIds", shape: &shapeOfSsmContactsArnList},
}}

var shapeOfPolicy = shape{kind: text, limits: &limits{1, 395000}, pattern: anchored(`.*\S.*`), source: `.*\S.*`}

var shapeOfPutContactPolicyRequest = shape{kind: structure, members: []member{
	{name: "ContactArn", shape: &shapeOfSsmContactsArn, required: true},
	{name: "Policy", shape: &shapeOfPolicy, required: true},
}}

var shapeOfRetryIntervalInMinutes = shape{kind: integer, limits: &limits{0, 60}}

var shapeOfSendActivationCodeRequest = shape{kind: structure, members: []member{
	{name: "ContactChannelId", shape: &shapeOfSsmContactsArn, required: true},
}}

var shapeOfSimpleAddress = shape{kind: text, limits: &limits{1, 320}}

var shapeOfSsmContactsArn = shape{kind: text, limits: &limits{1, 2048}, pattern: anchored(`arn:(aws|aws-cn|aws-us-gov):ssm-contacts:[-\w+=\/,.@]*:[0-9]+:([\w+=\/,.@:-]+)*`), source: `arn:(aws|aws-cn|aws-us-gov):ssm-contacts:[-\w+=\/,.@]*:[0-9]+:([\w+=\/,.@:-]+)*`}

var shapeOfSsmContactsArnList = shape{kind: list, limits: &limits{0, 25}, of: &shapeOfSsmContactsArn}

var shapeOfStage = shape{kind: structure, members: []member{
	{name: "DurationInMinutes", shape: &shapeOfStageDurationInMins, required: true},
	{name: "Targets", shape: &shapeOfTargetsList, required: true},
}}

var shapeOfStageDurationInMins = shape{kind: integer, limits: &limits{0, 30}}

var shapeOfStagesList = shape{kind: list, of: &shapeOfStage}

var shapeOfTag = shape{kind: structure, members: []member{
	{name: "Key", shape: &shapeOfTagKey},
	{name: "Value", shape: &shapeOfTagValue},
}}

var shapeOfTagKey = shape{kind: text, limits: &limits{1, 128}, pattern: anchored(`^[\\\/a-zA-Z0-9_+=\-]*$`), source: `^[\\\/a-zA-Z0-9_+=\-]*$`}

var shapeOfTagKeyList = shape{kind: list, limits: &limits{0, 50}, of: &shapeOfTagKey}

var shapeOfTagResourceRequest = shape{kind: structure, members: []member{
	{name: "ResourceARN", shape: &shapeOfAmazonResourceName, required: true},
	{name: "Tags", shape: &shapeOfTagsList, required: true},
}}

var shapeOfTagValue = shape{kind: text, limits: &limits{1, 256}, pattern: anchored(`^[\p{L}\p{Z}\p{N}_.:\/=+\-@]*$`), source: `^[\p{L}\p{Z}\p{N}_.:\/=+\-@]*$`}

var shapeOfTagsList = shape{kind: list, limits: &limits{0, 50}, of: &shapeOfTag}

var shapeOfTarget = shape{kind: structure, members: []member{
	{name: "ChannelTargetInfo", shape: &shapeOfChannelTargetInfo},
	{name: "ContactTargetInfo", shape: &shapeOfContactTargetInfo},
}}

var shapeOfTargetsList = shape{kind: list, of: &shapeOfTarget}

var shapeOfUntagResourceRequest = shape{kind: structure, members: []member{
	{name: "ResourceARN", shape: &shapeOfAmazonResourceName, required: true},
	{name: "TagKeys", shape: &shapeOfTagKeyList, required: true},
}}

var shapeOfUpdateContactChannelRequest = shape{kind: structure, members: []member{
	{name: "ContactChannelId", shape: &shapeOfSsmContactsArn, required: true},
	{name: "Name", shape: &shapeOfChannelName},
	{name: "DeliveryAddress", shape: &shapeOfContactChannelAddress},
}}

var shapeOfUpdateContactRequest = shape{kind: structure, members: []member{
	{name: "ContactId", shape: &shapeOfSsmContactsArn, required: true},
	{name: "DisplayName", shape: &shapeOfContactName},
	{name: "Plan", shape: &shapeOfPlan},
}}

// ActivateContactChannelRequest is the structure ActivateContactChannelRequest of the service model.
type ActivateContactChannelRequest struct {
	ContactChannelId string `json:"ContactChannelId"`
	ActivationCode   string `json:"ActivationCode"`
}

func (ActivateContactChannelRequest) shape() *shape { return &shapeOfActivateContactChannelRequest }

// ActivateContactChannelResult is the structure ActivateContactChannelResult of the service model.
type ActivateContactChannelResult struct {
}

// ChannelTargetInfo is the structure ChannelTargetInfo of the service model.
type ChannelTargetInfo struct {
	ContactChannelId       string `json:"ContactChannelId"`
	RetryIntervalInMinutes *int   `json:"RetryIntervalInMinutes,omitzero"`
}

// Contact is the structure Contact of the service model.
type Contact struct {
	ContactArn  string  `json:"ContactArn"`
	Alias       string  `json:"Alias"`
	DisplayName *string `json:"DisplayName,omitzero"`
	Type        string  `json:"Type"`
}

// ContactChannel is the structure ContactChannel of the service model.
type ContactChannel struct {
	ContactChannelArn string                `json:"ContactChannelArn"`
	ContactArn        string                `json:"ContactArn"`
	Name              string                `json:"Name"`
	Type              *string               `json:"Type,omitzero"`
	DeliveryAddress   ContactChannelAddress `json:"DeliveryAddress"`
	ActivationStatus  string                `json:"ActivationStatus"`
}

// ContactChannelAddress is the structure ContactChannelAddress of the service model.
type ContactChannelAddress struct {
	SimpleAddress *string `json:"SimpleAddress,omitzero"`
}

// ContactTargetInfo is the structure ContactTargetInfo of the service model.
type ContactTargetInfo struct {
	ContactId   *string `json:"ContactId,omitzero"`
	IsEssential bool    `json:"IsEssential"`
}

// CreateContactChannelRequest is the structure CreateContactChannelRequest of the service model.
type CreateContactChannelRequest struct {
	ContactId        string                `json:"ContactId"`
	Name             string                `json:"Name"`
	Type             string                `json:"Type"`
	DeliveryAddress  ContactChannelAddress `json:"DeliveryAddress"`
	DeferActivation  *bool                 `json:"DeferActivation,omitzero"`
	IdempotencyToken *string               `json:"IdempotencyToken,omitzero"`
}

func (CreateContactChannelRequest) shape() *shape { return &shapeOfCreateContactChannelRequest }

// CreateContactChannelResult is the structure CreateContactChannelResult of the service model.
type CreateContactChannelResult struct {
	ContactChannelArn string `json:"ContactChannelArn"`
}

// CreateContactRequest is the structure CreateContactRequest of the service model.
type CreateContactRequest struct {
	Alias            string  `json:"Alias"`
	DisplayName      *string `json:"DisplayName,omitzero"`
	Type             string  `json:"Type"`
	Plan             Plan    `json:"Plan"`
	Tags             []Tag   `json:"Tags,omitzero"`
	IdempotencyToken *string `json:"IdempotencyToken,omitzero"`
}

func (CreateContactRequest) shape() *shape { return &shapeOfCreateContactRequest }

// CreateContactResult is the structure CreateContactResult of the service model.
type CreateContactResult struct {
	ContactArn string `json:"ContactArn"`
}

// DeactivateContactChannelRequest is the structure DeactivateContactChannelRequest of the service model.
type DeactivateContactChannelRequest struct {
	ContactChannelId string `json:"ContactChannelId"`
}

func (DeactivateContactChannelRequest) shape() *shape { return &shapeOfDeactivateContactChannelRequest }

// DeactivateContactChannelResult is the structure DeactivateContactChannelResult of the service model.
type DeactivateContactChannelResult struct {
}

// DeleteContactChannelRequest is the structure DeleteContactChannelRequest of the service model.
type DeleteContactChannelRequest struct {
	ContactChannelId string `json:"ContactChannelId"`
}

func (DeleteContactChannelRequest) shape() *shape { return &shapeOfDeleteContactChannelRequest }

// DeleteContactChannelResult is the structure DeleteContactChannelResult of the service model.
type DeleteContactChannelResult struct {
}

// DeleteContactRequest is the structure DeleteContactRequest of the service model.
type DeleteContactRequest struct {
	ContactId string `json:"ContactId"`
}

func (DeleteContactRequest) shape() *shape { return &shapeOfDeleteContactRequest }

// DeleteContactResult is the structure DeleteContactResult of the service model.
type DeleteContactResult struct {
}

// GetContactChannelRequest is the structure GetContactChannelRequest of the service model.
type GetContactChannelRequest struct {
	ContactChannelId string `json:"ContactChannelId"`
}

func (GetContactChannelRequest) shape() *shape { return &shapeOfGetContactChannelRequest }

// GetContactChannelResult is the structure GetContactChannelResult of the service model.
type GetContactChannelResult struct {
	ContactArn        string                `json:"ContactArn"`
	ContactChannelArn string                `json:"ContactChannelArn"`
	Name              string                `json:"Name"`
	Type              string                `json:"Type"`
	DeliveryAddress   ContactChannelAddress `json:"DeliveryAddress"`
	ActivationStatus  *string               `json:"ActivationStatus,omitzero"`
}

// GetContactPolicyRequest is the structure GetContactPolicyRequest of the service model.
type GetContactPolicyRequest struct {
	ContactArn string `json:"ContactArn"`
}

func (GetContactPolicyRequest) shape() *shape { return &shapeOfGetContactPolicyRequest }

// GetContactPolicyResult is the structure GetContactPolicyResult of the service model.
type GetContactPolicyResult struct {
	ContactArn *string `json:"ContactArn,omitzero"`
	Policy     *string `json:"Policy,omitzero"`
}

// GetContactRequest is the structure GetContactRequest of the service model.
type GetContactRequest struct {
	ContactId string `json:"ContactId"`
}

func (GetContactRequest) shape() *shape { return &shapeOfGetContactRequest }

// GetContactResult is the structure GetContactResult of the service model.
type GetContactResult struct {
	ContactArn  string  `json:"ContactArn"`
	Alias       string  `json:"Alias"`
	DisplayName *string `json:"DisplayName,omitzero"`
	Type        string  `json:"Type"`
	Plan        Plan    `json:"Plan"`
}

// ListContactChannelsRequest is the structure ListContactChannelsRequest of the service model.
type ListContactChannelsRequest struct {
	ContactId  string  `json:"ContactId"`
	NextToken  *string `json:"NextToken,omitzero"`
	MaxResults *int    `json:"MaxResults,omitzero"`
}

func (ListContactChannelsRequest) shape() *shape { return &shapeOfListContactChannelsRequest }

// ListContactChannelsResult is the structure ListContactChannelsResult of the service model.
type ListContactChannelsResult struct {
	NextToken       *string          `json:"NextToken,omitzero"`
	ContactChannels []ContactChannel `json:"ContactChannels"`
}

// ListContactsRequest is the structure ListContactsRequest of the service model.
type ListContactsRequest struct {
	NextToken   *string `json:"NextToken,omitzero"`
	MaxResults  *int    `json:"MaxResults,omitzero"`
	AliasPrefix *string `json:"AliasPrefix,omitzero"`
	Type        *string `json:"Type,omitzero"`
}

func (ListContactsRequest) shape() *shape { return &shapeOfListContactsRequest }

// ListContactsResult is the structure ListContactsResult of the service model.
type ListContactsResult struct {
	NextToken *string   `json:"NextToken,omitzero"`
	Contacts  []Contact `json:"Contacts,omitzero"`
}

// ListTagsForResourceRequest is the structure ListTagsForResourceRequest of the service model.
type ListTagsForResourceRequest struct {
	ResourceARN string `json:"ResourceARN"`
}

func (ListTagsForResourceRequest) shape() *shape { return &shapeOfListTagsForResourceRequest }

// ListTagsForResourceResult is the structure ListTagsForResourceResult of the service model.
type ListTagsForResourceResult struct {
	Tags []Tag `json:"Tags,omitzero"`
}

// Plan is the structure Plan of the service model.
type Plan struct {
	Stages      []Stage  `json:"Stages,omitzero"`
	RotationIds []string `json:"RotationIds,omitzero"`
}

// PutContactPolicyRequest is the structure PutContactPolicyRequest of the service model.
type PutContactPolicyRequest struct {
	ContactArn string `json:"ContactArn"`
	Policy     string `json:"Policy"`
}

func (PutContactPolicyRequest) shape() *shape { return &shapeOfPutContactPolicyRequest }

// PutContactPolicyResult is the structure PutContactPolicyResult of the service model.
type PutContactPolicyResult struct {
}

// SendActivationCodeRequest is the structure SendActivationCodeRequest of the service model.
type SendActivationCodeRequest struct {
	ContactChannelId string `json:"ContactChannelId"`
}

func (SendActivationCodeRequest) shape() *shape { return &shapeOfSendActivationCodeRequest }

// SendActivationCodeResult is the structure SendActivationCodeResult of the service model.
type SendActivationCodeResult struct {
}

// Stage is the structure Stage of the service model.
type Stage struct {
	DurationInMinutes int      `json:"DurationInMinutes"`
	Targets           []Target `json:"Targets"`
}

// Tag is the structure Tag of the service model.
type Tag struct {
	Key   *string `json:"Key,omitzero"`
	Value *string `json:"Value,omitzero"`
}

// TagResourceRequest is the structure TagResourceRequest of the service model.
type TagResourceRequest struct {
	ResourceARN string `json:"ResourceARN"`
	Tags        []Tag  `json:"Tags"`
}

func (TagResourceRequest) shape() *shape { return &shapeOfTagResourceRequest }

// TagResourceResult is the structure TagResourceResult of the service model.
type TagResourceResult struct {
}

// Target is the structure Target of the service model.
type Target struct {
	ChannelTargetInfo *ChannelTargetInfo `json:"ChannelTargetInfo,omitzero"`
	ContactTargetInfo *ContactTargetInfo `json:"ContactTargetInfo,omitzero"`
}

// UntagResourceRequest is the structure UntagResourceRequest of the service model.
type UntagResourceRequest struct {
	ResourceARN string   `json:"ResourceARN"`
	TagKeys     []string `json:"TagKeys"`
}

func (UntagResourceRequest) shape() *shape { return &shapeOfUntagResourceRequest }

// UntagResourceResult is the structure UntagResourceResult of the service model.
type UntagResourceResult struct {
}

// UpdateContactChannelRequest is the structure UpdateContactChannelRequest of the service model.
type UpdateContactChannelRequest struct {
	ContactChannelId string                 `json:"ContactChannelId"`
	Name             *string                `json:"Name,omitzero"`
	DeliveryAddress  *ContactChannelAddress `json:"DeliveryAddress,omitzero"`
}

func (UpdateContactChannelRequest) shape() *shape { return &shapeOfUpdateContactChannelRequest }

// UpdateContactChannelResult is the structure UpdateContactChannelResult of the service model.
type UpdateContactChannelResult struct {
}

// UpdateContactRequest is the structure UpdateContactRequest of the service model.
type UpdateContactRequest struct {
	ContactId   string  `json:"ContactId"`
	DisplayName *string `json:"DisplayName,omitzero"`
	Plan        *Plan   `json:"Plan,omitzero"`
}

func (UpdateContactRequest) shape() *shape { return &shapeOfUpdateContactRequest }

// UpdateContactResult is the structure UpdateContactResult of the service model.
type UpdateContactResult struct {
}
