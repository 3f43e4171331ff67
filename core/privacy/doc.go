// Package privacy holds what people are promised about their data, as types.
//
// It promises: a raw address that is an Addr leaves this package only
// anonymised, whatever prints, logs, marshals or walks it; a topic's name that
// is a RecordedTopic has been through the rule for private topics; and what
// telemetry may hold is the Manifest, against which a type can be checked.
//
// It cannot protect an address that is still a string: callers make it an Addr
// in the line that reads it. It does not keep secrets alive or destroy them;
// DaySecrets says what is asked of the one who does.
package privacy
