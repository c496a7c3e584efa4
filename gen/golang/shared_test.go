package golang

import "testing"

// What oapi-codegen 2.5.0 makes of names.
func TestNamesOfOAPICodegen(t *testing.T) {
	for key, want := range map[string]string{
		"User": "User", "User-Input": "UserInput", "Page_User_": "PageUser", "Page_Item-Input_": "PageItemInput",
		"user_profile": "UserProfile", "api__models__Item": "ApiModelsItem", "HTTPValidationError": "HTTPValidationError",
		"IBANUser": "IBANUser", "Größe": "Größe", "V2D2Item": "V2D2Item", "Dict_str__int_": "DictStrInt", "userId": "UserId",
	} {
		if got := foreignName(key); got != want {
			t.Errorf("%s is %s, not %s", key, got, want)
		}
	}
}
