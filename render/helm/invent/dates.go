package invent

import "time"

// addDates replaces what reads the clock or the machine's time zone: now
// stands still, and local time is UTC. Templates also call methods of the time
// they get (now.Year), so dates are never traced.
func (s *Session) addDates(m map[string]any) {
	now := func() time.Time {
		s.known.untraced = true
		return s.now
	}
	inZone := stock["dateInZone"].(func(string, any, string) string)
	format := func(layout string, date any, zone string) string {
		switch date.(type) {
		case time.Time, *time.Time, int, int32, int64:
		default:
			date = now() // sprig reads anything else as now
		}
		return inZone(layout, date, zone)
	}
	m["now"] = now
	m["date"] = func(layout string, date any) string { return format(layout, date, "UTC") }
	m["dateInZone"] = format
	m["date_in_zone"] = format
	m["htmlDate"] = func(date any) string { return format(time.DateOnly, date, "UTC") }
	m["htmlDateInZone"] = func(date any, zone string) string { return format(time.DateOnly, date, zone) }
	m["toDate"] = func(layout, text string) time.Time {
		t, _ := time.Parse(layout, text) // the zero time on error, as sprig has it
		return t
	}
	m["mustToDate"] = func(layout, text string) (time.Time, error) { return time.Parse(layout, text) }
	m["ago"] = func(date any) string {
		var then time.Time
		switch date := date.(type) {
		case time.Time:
			then = date
		case int64:
			then = time.Unix(date, 0)
		case int:
			then = time.Unix(int64(date), 0)
		default:
			then = now()
		}
		return now().Sub(then).Round(time.Second).String()
	}
	round := stock["durationRound"].(func(any) string)
	m["durationRound"] = func(duration any) string {
		if t, ok := duration.(time.Time); ok {
			duration = int64(now().Sub(t))
		}
		return round(duration)
	}
}
