// Package mutate changes texts at random, the same way for the same seed, for tests that look at a
// fixed set of documents where a fuzz test searches for new ones.
package mutate

import "math/rand/v2"

// characters are those that mean something in JSON, YAML or a reference.
const characters = "{}[]\"':,-#&*!|>%@?.~/\\ \t\n\r\x000aeEtfn\u00e9\u2028\xff"

// Text returns a copy of data with up to 8 changes.
func Text(seed uint64, data string) string {
	random := rand.New(rand.NewPCG(seed, 11))
	text := []byte(data)
	for range 1 + random.IntN(8) {
		text = change(random, text)
	}
	return string(text)
}

// change puts in, replaces or removes a character, or repeats or moves a part of the text.
func change(random *rand.Rand, text []byte) []byte {
	at := random.IntN(len(text) + 1)
	end := min(len(text), at+random.IntN(20))
	character := characters[random.IntN(len(characters))]
	before, part, after := text[:at:at], text[at:end:end], text[end:]
	switch random.IntN(5) {
	case 0:
		return append(append(before, character), text[at:]...)
	case 1:
		if at < len(text) {
			return append(append(before, character), text[at+1:]...)
		}
		return before
	case 2:
		return append(before, after...)
	case 3:
		return append(append(append(before, part...), part...), after...)
	}
	return append(append(append([]byte{}, part...), before...), after...)
}
