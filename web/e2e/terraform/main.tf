resource "aws_ssmcontacts_contact" "ana" {
  alias        = "ana"
  display_name = "Ana Silva"
  type         = "PERSONAL"
  tags         = { team = "payments", site = "Lisbon" }
}

resource "aws_ssmcontacts_contact" "ben" {
  alias = "ben"
  type  = "PERSONAL"
}

resource "aws_ssmcontacts_contact" "payments" {
  alias        = "payments"
  display_name = "Payments"
  type         = "ESCALATION"
}

resource "aws_ssmcontacts_contact_channel" "text" {
  contact_id = aws_ssmcontacts_contact.ana.arn
  name       = "Ana texts"
  type       = "SMS"
  delivery_address {
    simple_address = "+12065550101"
  }
}

resource "aws_ssmcontacts_contact_channel" "call" {
  contact_id = aws_ssmcontacts_contact.ana.arn
  name       = "Ana calls"
  type       = "VOICE"
  delivery_address {
    simple_address = "+12065550102"
  }
}

resource "aws_ssmcontacts_contact_channel" "mail" {
  contact_id = aws_ssmcontacts_contact.ben.arn
  name       = "Ben mail"
  type       = "EMAIL"
  delivery_address {
    simple_address = "Ben@Mail.Example.org"
  }
}

resource "aws_ssmcontacts_plan" "ana" {
  contact_id = aws_ssmcontacts_contact.ana.arn
  stage {
    duration_in_minutes = 5
    target {
      channel_target_info {
        contact_channel_id        = aws_ssmcontacts_contact_channel.text.arn
        retry_interval_in_minutes = 2
      }
    }
    target {
      channel_target_info {
        contact_channel_id = aws_ssmcontacts_contact_channel.call.arn
      }
    }
  }
  stage {
    duration_in_minutes = 10
  }
}

resource "aws_ssmcontacts_plan" "ben" {
  contact_id = aws_ssmcontacts_contact.ben.arn
  stage {
    duration_in_minutes = 0
    target {
      channel_target_info {
        contact_channel_id        = aws_ssmcontacts_contact_channel.mail.arn
        retry_interval_in_minutes = 15
      }
    }
  }
}

resource "aws_ssmcontacts_plan" "payments" {
  contact_id = aws_ssmcontacts_contact.payments.arn
  stage {
    duration_in_minutes = 15
    target {
      contact_target_info {
        contact_id   = aws_ssmcontacts_contact.ana.arn
        is_essential = true
      }
    }
    target {
      contact_target_info {
        contact_id   = aws_ssmcontacts_contact.ben.arn
        is_essential = false
      }
    }
  }
}

# What is read back waits for the change that the same apply makes.
data "aws_ssmcontacts_contact" "ana" {
  arn        = aws_ssmcontacts_contact.ana.arn
  depends_on = [aws_ssmcontacts_contact.ana]
}

data "aws_ssmcontacts_contact_channel" "call" {
  arn        = aws_ssmcontacts_contact_channel.call.arn
  depends_on = [aws_ssmcontacts_contact_channel.call]
}

data "aws_ssmcontacts_plan" "ana" {
  contact_id = aws_ssmcontacts_contact.ana.arn
  depends_on = [aws_ssmcontacts_plan.ana]
}

output "contact" { value = data.aws_ssmcontacts_contact.ana }
output "channel" { value = data.aws_ssmcontacts_contact_channel.call }
output "plan" { value = data.aws_ssmcontacts_plan.ana }
output "mail" { value = aws_ssmcontacts_contact_channel.mail.arn }
