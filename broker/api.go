package broker

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/centrifugal/centrifuge"
)

// maxAPIBody bounds the body of one API request, in bytes.
const maxAPIBody = 64 << 20

// apiError is an error in a reply of the HTTP API, or in one of a proxy's back end.
type apiError struct {
	Code      uint32 `json:"code"`
	Message   string `json:"message"`
	Temporary bool   `json:"temporary,omitempty"`
}

func (e *apiError) clientError() *centrifuge.Error {
	return &centrifuge.Error{Code: e.Code, Message: e.Message, Temporary: e.Temporary}
}

func apiErrorOf(err *centrifuge.Error) *apiError {
	return &apiError{Code: err.Code, Message: err.Message}
}

// requireKey answers 401 to requests without the configured key in X-API-Key, and to all where no key is configured.
func (s *Server) requireKey(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := s.config.HTTPAPI.Key
		given := r.Header.Get("X-API-Key")
		if !s.config.HTTPAPI.Insecure && (key == "" || subtle.ConstantTimeCompare([]byte(key), []byte(given)) != 1) {
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serveAPI runs one method. As in Centrifugo, a method that fails has status 200 and an error in the body; the status
// is 400 for a body that is not JSON, and 404 for an unknown method.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	method := s.apiMethods()[name]
	if method == nil && name != "batch" {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAPIBody))
	if err != nil || !json.Valid(body) {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	if name == "batch" {
		s.serveBatch(w, body)
		return
	}
	writeJSON(w, s.apiReply(name, "result", method, body))
}

// serveBatch runs commands in order and returns their replies in the same order.
func (s *Server) serveBatch(w http.ResponseWriter, body []byte) {
	var batch struct {
		Commands []map[string]json.RawMessage `json:"commands"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	methods := s.apiMethods()
	replies := []map[string]any{}
	for _, command := range batch.Commands {
		reply := map[string]any{"error": apiErrorOf(centrifuge.ErrorMethodNotFound)}
		for name, params := range command {
			if method := methods[name]; method != nil {
				reply = s.apiReply(name, name, method, params)
			}
		}
		replies = append(replies, reply)
	}
	writeJSON(w, map[string]any{"replies": replies})
}

// apiReply runs a method and returns its result under the given key. An error that is not one of the library's own is
// logged, and returned as error 100.
func (s *Server) apiReply(name, key string, method apiMethod, params []byte) map[string]any {
	result, err := method(params)
	if err == nil {
		return map[string]any{key: result}
	}
	var known *centrifuge.Error
	if !errors.As(err, &known) {
		s.logger.Error("API method failed", "method", name, "error", err)
		known = centrifuge.ErrorInternal
	} else if err != error(known) {
		s.logger.Warn("API request refused", "method", name, "error", err)
	}
	return map[string]any{"error": apiErrorOf(known)}
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	// It fails if the client is gone, who then needs no answer.
	_ = json.NewEncoder(w).Encode(value)
}
