package load

// Measure is something that is measured, for a number of subscribers.
type Measure struct {
	Key   string `json:"key"`
	Title string `json:"-"` // for a person
	Unit  string `json:"unit"`
	More  bool   `json:"more_is_better"`
	Sum   bool   `json:"sum"` // rounds are added, not their median taken; there is no ratio
}

// What is measured, in the order of the table.
var (
	lastP50      = Measure{Key: "last_p50", Title: "to the last, p50", Unit: "ms"}
	lastP99      = Measure{Key: "last_p99", Title: "to the last, p99", Unit: "ms"}
	burst        = Measure{Key: "burst", Title: "burst", Unit: "deliveries/s", More: true}
	lost         = Measure{Key: "lost", Title: "lost, all rounds", Unit: "deliveries", Sum: true}
	extra        = Measure{Key: "extra", Title: "delivered twice", Unit: "deliveries", Sum: true}
	cpuSingle    = Measure{Key: "cpu_single", Title: "CPU per delivery, one at a time", Unit: "µs"}
	cpuBurst     = Measure{Key: "cpu_burst", Title: "CPU per delivery, burst", Unit: "µs"}
	cpuGenerator = Measure{Key: "cpu_generator", Title: "generator's own CPU, burst", Unit: "µs"}
	memory       = Measure{Key: "memory", Title: "memory per idle connection", Unit: "kB"}
	connects     = Measure{Key: "connects", Title: "connect and subscribe", Unit: "/s", More: true}

	measures = []Measure{lastP50, lastP99, burst, lost, extra, cpuSingle, cpuBurst, cpuGenerator, memory, connects}
)
