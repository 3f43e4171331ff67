package privacy

// KeyOf lets a test open what Anonymise closed.
func KeyOf(s Secret, day Day, app string) ([32]byte, bool) { return s.key("ipcrypt", day, app) }
