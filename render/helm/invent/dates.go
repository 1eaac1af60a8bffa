package invent

import (
	"strconv"
	"time"
)

// addDates replaces what reads the clock or the machine's time zone: now is
// Instant, and local time is UTC.
func (s *Session) addDates(m map[string]any) {
	inZone := stock["dateInZone"].(func(string, any, string) string)
	format := func(layout string, date any, zone string) string {
		switch date.(type) {
		case time.Time, *time.Time, int, int32, int64:
		default:
			date = s.now() // sprig reads anything else as now
		}
		text := inZone(layout, date, zone)
		if t, ok := date.(time.Time); ok && s.times[t.Unix()] {
			s.known.add(text)
		}
		return text
	}
	m["now"] = s.now
	m["date"] = func(layout string, date any) string { return format(layout, date, "UTC") }
	m["dateInZone"] = format
	m["date_in_zone"] = format
	m["htmlDate"] = func(date any) string { return format(time.DateOnly, date, "UTC") }
	m["htmlDateInZone"] = func(date any, zone string) string { return format(time.DateOnly, date, zone) }

	modify := func(by string, date time.Time) (time.Time, error) {
		d, err := time.ParseDuration(by)
		if err != nil {
			return date, err
		}
		later := date.Add(d)
		if s.times[date.Unix()] {
			s.times[later.Unix()] = true
		}
		return later, nil
	}
	lenient := func(by string, date time.Time) time.Time {
		later, _ := modify(by, date) // sprig's leaves the date as it is
		return later
	}
	strict := func(by string, date time.Time) (time.Time, error) {
		later, err := modify(by, date)
		if err != nil {
			return time.Time{}, err
		}
		return later, nil
	}
	m["dateModify"], m["date_modify"] = lenient, lenient
	m["mustDateModify"], m["must_date_modify"] = strict, strict

	m["unixEpoch"] = func(date time.Time) string {
		text := strconv.FormatInt(date.Unix(), 10)
		if s.times[date.Unix()] {
			s.known.add(text)
		}
		return text
	}
	m["toDate"] = func(layout, text string) time.Time {
		t, _ := time.Parse(layout, text) // the zero time, as sprig has it
		return t
	}
	m["mustToDate"] = func(layout, text string) (time.Time, error) { return time.Parse(layout, text) }

	ago := stock["ago"].(func(any) string)
	m["ago"] = func(date any) string {
		switch t := date.(type) {
		case time.Time:
			return Instant.Sub(t).Round(time.Second).String()
		case int64:
			return Instant.Sub(time.Unix(t, 0)).Round(time.Second).String()
		case int:
			return Instant.Sub(time.Unix(int64(t), 0)).Round(time.Second).String()
		}
		return ago(date) // now since now: 0s
	}
	round := stock["durationRound"].(func(any) string)
	m["durationRound"] = func(duration any) string {
		if t, ok := duration.(time.Time); ok {
			duration = int64(Instant.Sub(t))
		}
		return round(duration)
	}
}

// now remembers the forms that templates get by calling methods (`now.Unix`,
// `now.Format`) instead of functions.
func (s *Session) now() time.Time {
	s.times[Instant.Unix()] = true
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly, "20060102150405", "20060102"} {
		s.known.add(Instant.Format(layout))
	}
	s.known.add(Instant.String())
	s.known.add(strconv.FormatInt(Instant.Unix(), 10))
	return Instant
}
