package rpc

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// DateTime is the text of a moment: "2025-03-01T18:30:59.123Z". Its offset and its digits stay
// as they came; it may have no offset. One that was read from a server, or that [NewDateTime]
// or [ParseDateTime] made, is valid.
type DateTime string

// NewDateTime returns t with its offset, to the nanosecond.
func NewDateTime(t time.Time) DateTime { return DateTime(t.Format(time.RFC3339Nano)) }

// ParseDateTime checks a text that came from elsewhere.
func ParseDateTime(text string) (DateTime, error) {
	return parsed[DateTime]("date-time", text, isDateTime)
}

// Time returns the moment. Where the text has no offset it is in UTC; where it is not valid
// it is the zero time.
func (v DateTime) Time() time.Time {
	t, _ := parseDateTime(string(v))
	return t
}

// Date is the text of a day: "2025-03-01". One that was read from a server, or that [NewDate]
// or [ParseDate] made, is valid.
type Date string

// NewDate returns the day of t where t's location is.
func NewDate(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// ParseDate checks a text that came from elsewhere.
func ParseDate(text string) (Date, error) { return parsed[Date]("date", text, isDate) }

// Time returns the day's midnight in UTC, the zero time where the text is not valid.
func (v Date) Time() time.Time {
	t, rest, ok := cutDate(string(v))
	if !ok || rest != "" && !isMidnight(rest) {
		return time.Time{}
	}
	return t
}

// Time is the text of a time of day: "18:30:59.123". It may have an offset. One that was read
// from a server, or that [NewTime] or [ParseTime] made, is valid.
type Time string

// NewTime returns the time of day of t, without an offset.
func NewTime(t time.Time) Time { return Time(t.Format("15:04:05.999999999")) }

// ParseTime checks a text that came from elsewhere.
func ParseTime(text string) (Time, error) { return parsed[Time]("time", text, isTime) }

// Time returns the time on January 1 of year 0, in UTC where the text has no offset; the zero
// time where it is not valid.
func (v Time) Time() time.Time {
	clock, zone, ok := parseClock(string(v))
	if !ok {
		return time.Time{}
	}
	return inZone(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), clock, zone)
}

func parsed[T ~string](format, text string, fits func(string) bool) (T, error) {
	if !fits(text) {
		return "", errors.New("rpc: " + strconv.Quote(text) + " is not a " + format)
	}
	return T(text), nil
}

func isDateTime(text string) bool {
	_, ok := parseDateTime(text)
	return ok
}

func isDate(text string) bool {
	_, rest, ok := cutDate(text)
	return ok && (rest == "" || isMidnight(rest))
}

func isTime(text string) bool {
	_, _, ok := parseClock(text)
	return ok
}

// isMidnight tells whether what follows a day leaves it a day: Pydantic takes such a text.
func isMidnight(rest string) bool {
	clock, _, ok := parseClock(rest[1:])
	return isSeparator(rest[0]) && ok && clock == 0
}

func isSeparator(c byte) bool { return c == 'T' || c == 't' || c == ' ' || c == '_' }

// parseDateTime reads what Pydantic reads: a day, and a time after a separator.
func parseDateTime(text string) (time.Time, bool) {
	day, rest, ok := cutDate(text)
	if ok && rest == "" {
		return day, true
	}
	if !ok || !isSeparator(rest[0]) {
		return time.Time{}, false
	}
	clock, zone, ok := parseClock(rest[1:])
	if !ok {
		return time.Time{}, false
	}
	return inZone(day, clock, zone), true
}

// inZone is a time of a day in a zone, which is given in seconds east of UTC.
func inZone(day time.Time, clock time.Duration, zone int) time.Time {
	t := day.Add(clock)
	if zone == 0 {
		return t
	}
	return t.Add(-time.Duration(zone) * time.Second).In(time.FixedZone("", zone))
}

// cutDate reads the day that a text begins with.
func cutDate(text string) (day time.Time, rest string, ok bool) {
	if len(text) < len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return time.Time{}, "", false
	}
	year, ok1 := digitsUpTo(text[:4], 9999)
	month, ok2 := digitsUpTo(text[5:7], 12)
	date, ok3 := digitsUpTo(text[8:10], 31)
	day = time.Date(year, time.Month(month), date, 0, 0, 0, 0, time.UTC)
	ok = ok1 && ok2 && ok3 && day.Day() == date && int(day.Month()) == month
	return day, text[10:], ok
}

// parseClock reads a time of day: hours and minutes, seconds and a zone where there are some.
// A minute may have 60 seconds when a leap second ends it.
func parseClock(text string) (clock time.Duration, zone int, ok bool) {
	if len(text) < len("15:04") || text[2] != ':' {
		return 0, 0, false
	}
	hour, ok1 := digitsUpTo(text[:2], 23)
	minute, ok2 := digitsUpTo(text[3:5], 59)
	clock = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	text = text[5:]
	if ok = ok1 && ok2; ok && len(text) > 2 && text[0] == ':' {
		var second int
		second, ok = digitsUpTo(text[1:3], 60)
		clock += time.Duration(second) * time.Second
		text = text[3:]
		if len(text) > 1 && (text[0] == '.' || text[0] == ',') {
			n := 1
			for unit := time.Second / 10; n < len(text) && isDigit(text[n]); n++ {
				clock += time.Duration(text[n]-'0') * unit
				unit /= 10
			}
			ok = ok && n > 1
			text = text[n:]
		}
	}
	if ok && text != "" {
		zone, ok = parseZone(text)
	}
	return clock, zone, ok
}

// parseZone reads Z, +02:00, +0200 or +02.
func parseZone(text string) (seconds int, ok bool) {
	if text == "Z" || text == "z" {
		return 0, true
	}
	sign, digits := text[0], strings.Replace(text[1:], ":", "", 1)
	if sign != '+' && sign != '-' || len(digits) != 4 && len(digits) != 2 || len(digits) == 2 && len(text) != 3 {
		return 0, false
	}
	hours, ok := digitsUpTo(digits[:2], 23)
	minutes, okMinutes := digitsUpTo(digits[2:], 59)
	seconds = hours*3600 + minutes*60
	if sign == '-' {
		seconds = -seconds
	}
	return seconds, ok && okMinutes
}

// digitsUpTo reads a number that has no sign; no digits are 0.
func digitsUpTo(digits string, largest int) (n int, ok bool) {
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		n = n*10 + int(digits[i]-'0')
	}
	return n, n <= largest
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
