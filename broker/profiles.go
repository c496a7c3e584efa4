package broker

import "embed"

//go:embed profiles/*.json
var profiles embed.FS
