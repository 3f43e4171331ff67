package canary

// SetWindow says how much is looked at in one piece.
func (s *Searcher) SetWindow(n int) { s.window = n }

// Overlap is how much of it is looked at again.
const Overlap = overlap
