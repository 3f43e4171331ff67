package rights

// CutAt lets pieces of telemetry be cut that have more events than that, for
// tests.
func (s *Service) CutAt(events int) { s.cut = events }
