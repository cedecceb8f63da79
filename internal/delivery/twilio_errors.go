package delivery

import (
	"strconv"
	"strings"
	"time"
)

// twilioError is a code of Twilio's error dictionary.
type twilioError struct {
	subject subject
	says    string
	after   time.Duration // how long to wait before the next attempt
}

// saidStop is Twilio's code for a number whose owner replied STOP.
const saidStop = 21610

// twilioErrors are the codes that sending texts and calls may meet, of
// https://www.twilio.com/docs/api/errors, in words for managers.
var twilioErrors = map[int]twilioError{
	// the account, its permissions and its limits
	10001:  {aboutUs, "the account at Twilio is not active", signInRefused},
	10002:  {aboutUs, "the trial account at Twilio cannot do this", signInRefused},
	10004:  {aboutUs, "too many calls of the account at Twilio at the same time", time.Second},
	20003:  {aboutUs, "Twilio refused the sign-in: check the account SID, and the token or the API key", signInRefused},
	20005:  {aboutUs, "the account at Twilio is not active", signInRefused},
	20006:  {aboutUs, "the account at Twilio may not do this", signInRefused},
	20008:  {aboutUs, "test credentials of Twilio cannot do this", signInRefused},
	20403:  {aboutUs, "the account at Twilio may not do this", signInRefused},
	20404:  {aboutUs, "Twilio does not know the account: check --twilio-account-sid and --twilio-base-url", signInRefused},
	20429:  {aboutUs, "Twilio takes no more at this rate", time.Second},
	20500:  {aboutUs, "something failed at Twilio", 0},
	20503:  {aboutUs, "Twilio is not available", 0},
	21203:  {aboutUs, "calls to other countries are not allowed at Twilio", signInRefused},
	21215:  {aboutUs, "calls to this country are not allowed at Twilio", signInRefused},
	21216:  {aboutUs, "Twilio blocks calls to this number: its support can allow them", signInRefused},
	21219:  {aboutUs, "the trial account at Twilio calls only numbers that are verified there", signInRefused},
	21408:  {aboutUs, "text messages to this country are not allowed at Twilio", signInRefused},
	21608:  {aboutUs, "the trial account at Twilio texts only numbers that are verified there", signInRefused},
	30001:  {aboutUs, "too many messages wait at Twilio", time.Minute},
	30002:  {aboutUs, "the account at Twilio is suspended", signInRefused},
	30037:  {aboutUs, "sending messages is switched off for the account at Twilio", signInRefused},
	30450:  {aboutUs, "Twilio blocks messages to this number for a while, because it suspects fraud", signInRefused},
	30453:  {aboutUs, "Twilio blocks messages to this number for some hours, because it suspects fraud", signInRefused},
	572005: {aboutUs, "the trial account at Twilio texts only numbers that are verified there", signInRefused},
	573005: {aboutUs, "the trial account at Twilio calls only numbers that are verified there", signInRefused},

	// the number that messages come from
	21210: {aboutUs, "the number that --twilio-from names is not verified at Twilio", signInRefused},
	21212: {aboutUs, "the number that --twilio-from names is not valid", signInRefused},
	21213: {aboutUs, "a number to call from is missing", signInRefused},
	21601: {aboutUs, "the number that --twilio-from names cannot send text messages", signInRefused},
	21603: {aboutUs, "a number to send from is missing", signInRefused},
	21606: {aboutUs, "the number that --twilio-from names cannot send text messages", signInRefused},
	21611: {aboutUs, "too many messages of the number that --twilio-from names wait at Twilio", time.Minute},
	21612: {aboutUs, "this number cannot be reached from the number that --twilio-from names", signInRefused},
	21659: {aboutUs, "the number that --twilio-from names is not a number of Twilio", signInRefused},
	21660: {aboutUs, "the number that --twilio-from names belongs to another account at Twilio", signInRefused},
	21661: {aboutUs, "the number that --twilio-from names cannot send text messages", signInRefused},
	21701: {aboutUs, "the Messaging Service that --twilio-from names does not exist", signInRefused},
	21703: {aboutUs, "the Messaging Service has no number that can send this message", signInRefused},
	21704: {aboutUs, "the Messaging Service has no number", signInRefused},
	21705: {aboutUs, "the Messaging Service that --twilio-from names is not valid", signInRefused},
	30018: {aboutUs, "the carrier takes messages of registered senders only", signInRefused},
	30024: {aboutUs, "the carrier does not know the number that --twilio-from names", signInRefused},
	30032: {aboutUs, "the toll-free number that --twilio-from names is not verified yet", signInRefused},
	30033: {aboutUs, "the registered campaign (US A2P 10DLC) is suspended", signInRefused},
	30034: {aboutUs, "the number that --twilio-from names is not registered with the carriers", signInRefused},

	// the message, and the carriers on its way
	21617: {aboutUs, "the message is too long", 0},
	30007: {aboutUs, "the carrier filtered the message", 0},
	30008: {aboutUs, "the carrier did not deliver the message, and does not say why", 0},
	30010: {aboutUs, "the message costs more than the account at Twilio allows", signInRefused},
	30017: {aboutUs, "the carrier's network is overloaded", time.Minute},
	30022: {aboutUs, "too many messages at once for the registered campaign (US A2P 10DLC)", time.Minute},
	30023: {aboutUs, "the daily limit of the registered brand (US A2P 10DLC) is reached", signInRefused},
	30027: {aboutUs, "the daily limit of T-Mobile is reached", signInRefused},
	30036: {aboutUs, "the message was too late to be sent", 0},
	30410: {aboutUs, "the carrier did not answer in time", 0},
	30500: {aboutUs, "something failed at Twilio", 0},

	// the number that messages go to
	13223:    {aboutAddress, "this is not a number that can be called", 0},
	13224:    {aboutAddress, "this number cannot be called", 0},
	21201:    {aboutAddress, "the number to call is missing", 0},
	21211:    {aboutAddress, "this is not a number that can be reached", 0},
	21214:    {aboutAddress, "this number cannot be called", 0},
	21217:    {aboutAddress, "this number does not exist", 0},
	21265:    {aboutAddress, "a short code cannot get messages", 0},
	21266:    {aboutAddress, "this is the number that --twilio-from names", 0},
	21401:    {aboutAddress, "this is not a valid number", 0},
	21407:    {aboutAddress, "this kind of number takes no text messages", 0},
	21421:    {aboutAddress, "this is not a valid number", 0},
	21604:    {aboutAddress, "the number to send to is missing", 0},
	saidStop: {aboutAddress, "the person replied STOP to this number and has to reply START first", 0},
	21614:    {aboutAddress, "this number takes no text messages", 0},
	21635:    {aboutAddress, "this is a landline, which takes no text messages", 0},
	30003:    {aboutAddress, "the phone is switched off or out of reach", 0},
	30004:    {aboutAddress, "the phone blocks these messages", 0},
	30005:    {aboutAddress, "nobody has this number, or no longer", 0},
	30006:    {aboutAddress, "this is a landline, or its carrier takes no text messages", 0},
	30011:    {aboutAddress, "this number takes no picture messages", 0},
}

// twilioSays returns an error of Twilio in words: ours where there are some, its number
// always, and what Twilio says of it. Without all of these it returns otherwise.
func twilioSays(code int, message, otherwise string) string {
	message = cutTo(strings.TrimRight(plainWords(message), ". "), maxDetailLen/2)
	says := twilioErrors[code].says
	switch {
	case code == 0 && message == "":
		return otherwise
	case code == 0:
		return "Twilio says: " + message
	case says == "" && message == "":
		return otherwise + " (Twilio error " + strconv.Itoa(code) + ")"
	case says == "":
		return "Twilio says: " + message + " (error " + strconv.Itoa(code) + ")"
	case message == "":
		return says + " (Twilio error " + strconv.Itoa(code) + ")"
	}
	return says + " (Twilio error " + strconv.Itoa(code) + ": " + message + ")"
}

// sipReasons are final responses of RFC 3261, section 21, and of RFC 8197 and RFC 8688, as
// the end of a call that was not answered.
var sipReasons = map[int]string{
	403: "the carrier refused the call",
	404: "nobody has this number",
	408: "the phone did not answer in time",
	410: "nobody has this number any more",
	480: "the phone is switched off or out of reach",
	484: "the number is incomplete",
	486: "", // the call says that the line was busy
	487: "", // and that nobody answered
	500: "something failed at the carrier",
	502: "something failed at the carrier",
	503: "the carrier cannot take the call now",
	504: "the carrier did not answer in time",
	600: "",
	603: "the phone refused the call",
	604: "nobody has this number",
	607: "the person blocks these calls",
	608: "the carrier blocks these calls",
}

// withSIP adds the final response of a call, such as "404", to what is said of the call.
func withSIP(says, response string) string {
	code, err := strconv.Atoi(strings.TrimSpace(response))
	if err != nil || code < 300 || code > 699 {
		return says
	}
	if reason := sipReasons[code]; reason != "" {
		return says + ": " + reason + " (SIP " + strconv.Itoa(code) + ")"
	}
	return says + " (SIP " + strconv.Itoa(code) + ")"
}
