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

// maxCollectorAnswer is the size limit of an answer of the collector, in bytes. An answer
// counts refused spans, and needs less than a kilobyte.
const maxCollectorAnswer = 64 << 10

// startTracing returns a tracer whose spans go to a collector until stop is called. Without
// an endpoint the tracer is nil. A collector that refuses spans is logged and has no other
// effect.
func startTracing(ctx context.Context, endpoint string, log *slog.Logger) (tracer trace.Tracer, stop func(), err error) {
	if endpoint == "" {
		return nil, func() {}, nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("the collector refused spans", "error", err) }))
	to, err := url.Parse(endpoint)
	if err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return nil, nil, fmt.Errorf("--otlp-endpoint %q is not http:// or https:// and a host", endpoint)
	}
	if to.Path == "" || to.Path == "/" {
		to.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(to.String()), otlptracehttp.WithMaxResponseSize(maxCollectorAnswer))
	if err != nil {
		return nil, nil, err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(resource.NewSchemaless(
		attribute.String("service.name", "callbook"), attribute.String("service.version", version()))))
	return provider.Tracer("callbook"), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("the collector refused the last spans", "error", err)
		}
	}, nil
}
