package web_test

import (
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"callbook/web"
)

func TestSpansNameTheRouteAndNobody(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	s := siteWith(t, web.Options{Site: here, Tracer: tracer})
	s.contact("ana", "Ana Silva")
	s.get("/contacts/ana?q=secret", header("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")).status(http.StatusOK)
	s.get("/contacts/nobody").status(http.StatusNotFound)
	s.do(http.MethodPost, "/", "{}", header("Content-Type", "application/x-amz-json-1.1"), header("X-Amz-Target", "SSMContacts.ListContacts"))
	ended := spans.Ended()
	if len(ended) != 3 {
		t.Fatalf("%d spans, want 3", len(ended))
	}
	if got := ended[0].SpanContext().TraceID().String(); got != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("the trace is %s, not the caller's", got)
	}
	for n, want := range []string{"GET /contacts/:alias status 200", "GET /contacts/:alias status 404", "POST / status 400 ListContacts MissingAuthenticationTokenException"} {
		got := ended[n].Name()
		for _, a := range ended[n].Attributes() {
			switch a.Key {
			case "http.response.status_code":
				got += " status " + a.Value.String()
			case "callbook.api.operation", "callbook.api.error":
				got += " " + a.Value.String()
			}
			if text := a.Value.String(); strings.Contains(text, "ana") || strings.Contains(text, "secret") {
				t.Errorf("%s: %s tells %q", ended[n].Name(), a.Key, text)
			}
		}
		if got != want || ended[n].Status().Code == codes.Error {
			t.Errorf("span %d is %q, want %q", n, got, want)
		}
	}
}
