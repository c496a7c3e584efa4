package python

import (
	"testing"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// What datamodel-code-generator 0.89.0 makes of names.
func TestNamesOfDatamodelCodeGenerator(t *testing.T) {
	for key, want := range map[string]string{
		"User": "User", "User-Input": "UserInput", "Page_User_": "PageUser", "Page_Item-Input_": "PageItemInput",
		"user_profile": "UserProfile", "api__models__Item": "ApiModelsItem", "HTTPValidationError": "HTTPValidationError",
		"IBANUser": "IBANUser", "Größe": "Größe", "V2D2Item": "V2D2Item", "Dict_str__int_": "DictStrInt", "userId": "UserId",
	} {
		if got := className(&plan.Import{Rule: &schema.ImportRule{}, Name: key}); got != want {
			t.Errorf("%s is %s, not %s", key, got, want)
		}
	}
}

// Modules are imported by the part behind the last dot, from the one in front of it.
func TestParentsOfModules(t *testing.T) {
	for module, want := range map[string][2]string{
		"acme_api.models": {"acme_api", "models"}, "models": {"", "models"}, "..api.models": {"..api", "models"},
		".models": {".", "models"}, "..models": {"..", "models"}, "a.b.c": {"a.b", "c"},
	} {
		if got := [2]string{parentOf(module), lastOf(module)}; got != want {
			t.Errorf("%s is %q, not %q", module, got, want)
		}
	}
}
