package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// traceTimeout is how long the last spans may take to be sent when the server stops.
const traceTimeout = 5 * time.Second

// startTracing returns what makes spans, which are sent to a collector until stop is
// called. Without an endpoint there are none: the tracer is nil. A collector that
// does not take them is told of in the log, and changes nothing else.
func startTracing(ctx context.Context, endpoint string, log *slog.Logger) (tracer trace.Tracer, stop func(), err error) {
	if endpoint == "" {
		return nil, func() {}, nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces were not taken", "error", err) }))
	to, err := url.Parse(endpoint)
	if err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return nil, nil, fmt.Errorf("--otlp-endpoint %q is not http:// or https:// and a host", endpoint)
	}
	if to.Path == "" || to.Path == "/" {
		to.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(to.String()))
	if err != nil {
		return nil, nil, err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(resource.NewSchemaless(
		attribute.String("service.name", "callbook"), attribute.String("service.version", version()))))
	return provider.Tracer("callbook"), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("the last traces were not taken", "error", err)
		}
	}, nil
}
