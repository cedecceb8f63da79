package delivery

import "callbook/internal/oncall"

var kinds = []oncall.MessageKind{oncall.CodeMessage, oncall.ChangeNotice, oncall.InvitationMessage, oncall.ResetMessage, oncall.TestMessage}
