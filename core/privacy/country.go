package privacy

// Country is a country as an edge of the network told it: the two letters of
// ISO 3166-1, or "" when it is not known. Made by ParseCountry.
type Country string

// ParseCountry returns the country that an edge has told. What is no country,
// XX (unknown) and T1 (Tor) of Cloudflare among them, is the unknown one: there
// is no error, because nobody is refused for it.
func ParseCountry(text string) Country {
	if len(text) != 2 || text == "XX" {
		return ""
	}
	for i := range text {
		if text[i] < 'A' || text[i] > 'Z' {
			return ""
		}
	}
	return Country(text)
}
