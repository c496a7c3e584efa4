package typescript

import "testing"

// What @hey-api/openapi-ts 0.95.0 makes of names.
func TestIdentifiersOfHeyAPI(t *testing.T) {
	for key, want := range map[string]string{
		"User": "User", "User-Input": "UserInput", "Page_User_": "PageUser", "Page_Item-Input_": "PageItemInput",
		"user_profile": "UserProfile", "api__models__Item": "ApiModelsItem", "HTTPValidationError": "HttpValidationError",
		"IBANUser": "IbanUser", "Größe": "Größe", "V2D2Item": "V2D2Item", "Dict_str__int_": "DictStrInt",
		"userId": "UserId", "URLPath": "UrlPath", "URLs": "Urls", "AUser": "Auser", "FOUser": "FoUser", "fooAUser": "FooAuser",
		"Item2go": "Item2Go", "item_2_go": "Item2Go", "IDs": "Ids", "APIKey": "ApiKey", "OAuth2Token": "OAuth2Token",
		"eMail": "EMail", "TaskV2": "TaskV2", "A": "A", "b": "B", "HTTP2Server": "Http2Server", "x9": "X9",
	} {
		if got := identifierOf(key); got != want {
			t.Errorf("%s is %s, not %s", key, got, want)
		}
	}
}
