package config

// An Edge is a route to the target through what stands before it.
type Edge struct {
	// What the route is called.
	Name Text `yaml:"name" form:"name" env:"off"`
	// The URL as its readers see it, through what is to be judged.
	Via Text `yaml:"via" form:"url" flag:"via" required:"yes"`
	// The URL of the endpoint, past what is to be judged.
	Direct Text `yaml:"direct" form:"url" flag:"direct"`
	// Be the endpoint, at this address, to which the hop leads.
	Listen Text `yaml:"listen" form:"address" flag:"listen"`
	// Places between direct and via where the stream can be read, by name, the endpoint's neighbour first.
	Hops Pairs `yaml:"hops" form:"url" join:"=" flag:"hop"`
	// How much is looked at, and how long it takes.
	Depth Text `yaml:"depth" form:"depth" flag:"quick=quick deep=deep"`
	// The file with the certificate for an https listen.
	ListenCert Text `yaml:"listen-cert" flag:"listen-cert" path:"yes"`
	// The file with its private key.
	ListenKey Text `yaml:"listen-key" flag:"listen-key" path:"yes"`
	// How long the hop may take to find that listen answers.
	Wait Span `yaml:"wait" form:"duration" flag:"wait"`
	// The products that stand before the endpoint, so that their remedies are shown.
	Products []Text `yaml:"products" form:"product" flag:"product"`

	// At is where the route is written.
	At Position `yaml:"-"`
}

// Flags returns what is written as flags of the command line.
func (e *Edge) Flags() []Flag { return flagsOf(e) }

// check looks at who is the endpoint.
func (e *Edge) check(r *reader, _ keys) {
	if e.Direct.IsSet() && e.Listen.IsSet() {
		r.wrong(e.Listen.At, "direct and listen exclude each other: take one of them out")
	}
}
