package plan_test

import (
	"testing"

	"github.com/wsgen/wsgen/fixtures/unions"
)

// Every value of the table of union cases is given to the variant that the table
// names, in params and in results.
func TestUnionCases(t *testing.T) {
	for _, c := range unions.Cases(t) {
		for _, d := range unions.Directions {
			t.Run(c.Name+"/"+string(d), func(t *testing.T) {
				p, typ, err := unions.Load(c.Schema(d), d)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range c.Values {
					want := v.Variants[d]
					if want == "" {
						continue
					}
					got, err := unions.Chosen(p, typ, v.JSON, c.At)
					if err != nil {
						t.Error(err)
					} else if got != want {
						t.Errorf("%s is %s, want %s", v.JSON.JSON(), got, want)
					}
				}
			})
		}
	}
}

// The table is honest: the schema allows the values that belong to a variant, but
// for those that say that it does not, and refuses the unknown ones.
func TestUnionCasesAreValid(t *testing.T) {
	for _, c := range unions.Cases(t) {
		for _, d := range unions.Directions {
			validator, err := unions.NewValidator(c.Schema(d))
			if err != nil {
				t.Fatal(c.Name, err)
			}
			for _, v := range c.Values {
				if v.Variants[d] == "" {
					continue
				}
				want := v.Valid(d)
				if err := validator.Check("", v.JSON); (err == nil) != want {
					t.Errorf("%s in %s: valid %v, want %v: %v", c.Name, d, err == nil, want, err)
				}
			}
		}
	}
}
