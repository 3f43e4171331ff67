package canary

// Place is where something is looked for.
type Place struct {
	// Sort is what sort of place it is: "log", "record of Badger".
	Sort string `json:"sort"`
	// Name tells it from others of its sort: a path, a key, an address.
	Name string `json:"name"`
	// Look is a command, or a sentence, by which a person gets to see it.
	Look string `json:"look,omitempty"`
	// Noise says that there are random bytes in it, many enough to look like
	// the four bytes of an address: these are not looked for.
	Noise bool `json:"-"`
}

// Hit is a marker that was found.
type Hit struct {
	Place
	Role Role `json:"role"`
	// Form is what it stood there as.
	Form string `json:"form"`
	// Layers are what had to be opened, outermost first: "gzip", "base64".
	Layers []string `json:"layers,omitempty"`
	// Offset is where, in bytes from the beginning of the innermost layer.
	Offset int64 `json:"offset"`
	// Times is how often, in this place.
	Times int `json:"times"`
	// Declared is why it may be there; "" if it must not.
	Declared string `json:"declared,omitempty"`
}

// Declaration is where a marker may be found, and why.
type Declaration struct {
	Sort    string // of the place
	Within  string // what the place's name begins with
	Roles   []Role
	Because string
}
