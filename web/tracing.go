package web

import (
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"callbook/handlers/awsapi"
)

// traced makes a span of every request. Like the log it names the route, never the
// path or query.
func traced(tracer trace.Tracer) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
			ctx, span := tracer.Start(ctx, methodLabel(r.Method)+" "+routeLabel(c.Path()), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
				attribute.String("http.request.method", methodLabel(r.Method)), attribute.String("http.route", routeLabel(c.Path())),
				attribute.String("callbook.request.id", idOf(c))))
			defer span.End()
			c.SetRequest(r.WithContext(ctx))
			err := next(c)
			span.SetAttributes(attribute.Int("http.response.status_code", c.Response().Status))
			for _, said := range awsapi.Logged(c) {
				span.SetAttributes(attributeOf(said))
			}
			if c.Response().Status >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, "")
			}
			return err
		}
	}
}

func attributeOf(said slog.Attr) attribute.KeyValue {
	return attribute.String("callbook.api."+said.Key, said.Value.String())
}
