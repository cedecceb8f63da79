// Package metrics holds every metric in one list, by its Prometheus name. The code that does
// the work reports it here. A few gauges are read when Prometheus asks.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the counters and gauges. It is safe for concurrent use.
type Metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	exceptions *prometheus.CounterVec
	commits    prometheus.Histogram
	batches    prometheus.Histogram
	deliveries *prometheus.CounterVec
	replies    *prometheus.CounterVec
}

// Request is an answered request.
type Request struct {
	Method, Route string // the route, never the path
	Operation     string // of the API; "" at the browser door
	Exception     string // of the API; "": none
	Status        int
	Took          time.Duration
}

// Contents is what the database holds, and what waits in it.
type Contents struct {
	Contacts map[string]int // by reachability
	Overdue  time.Duration  // how long the message that is due longest has been so; 0: none is
}

// The outcomes of a delivery: of an attempt, and then as the provider reports.
const (
	Sent        = "sent"
	Retry       = "retry"
	Failed      = "failed" // for good
	Delivered   = "delivered"
	Undelivered = "undelivered"
)

// Sources are read when Prometheus asks.
type Sources struct {
	Version    string                   // of the build
	NumberPlan string                   // version of the metadata that decide which phone numbers exist
	Queues     []string                 // of messages
	Types      []string                 // of messages
	Meanings   []string                 // of replies
	Waiting    func() int               // updates that wait for the writer
	Contents   func() (Contents, error) // nil error: what it is now
}

// New returns metrics that are zero.
func New(s Sources) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callbook_http_request_duration_seconds", Help: "How long requests took, by route, and operation of the API.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route", "operation", "status"}),
		exceptions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callbook_api_exceptions_total", Help: "Requests that the API refused, by operation and exception.",
		}, []string{"operation", "exception"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "callbook_commit_duration_seconds", Help: "How long a transaction took, from its beginning until it was on the disk.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "callbook_commit_updates", Help: "How many updates shared a transaction.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256},
		}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callbook_deliveries_total", Help: "What came of messages, by queue and type: of attempts to send one (sent, retry, failed) and by the provider's word (delivered, undelivered).",
		}, []string{"queue", "type", "outcome"}),
		replies: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callbook_replies_total", Help: "Text messages from people, by what they mean.",
		}, []string{"meaning"}),
	}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "callbook_updates_waiting", Help: "Updates that wait for the writer of the database.",
	}, func() float64 { return float64(s.Waiting()) })
	build := info("callbook_build_info", "1, with the version that runs.", s.Version)
	plan := info("callbook_number_plan_info", "1, with the version of the number plan, which decides what phone numbers exist.", s.NumberPlan)
	for _, queue := range s.Queues { // a first failure is a rise only if there was a 0 before
		for _, kind := range s.Types {
			for _, outcome := range []string{Sent, Retry, Failed, Delivered, Undelivered} {
				m.deliveries.WithLabelValues(queue, kind, outcome)
			}
		}
	}
	for _, meaning := range s.Meanings {
		m.replies.WithLabelValues(meaning)
	}
	m.registry.MustRegister(m.requests, m.exceptions, m.commits, m.batches, m.deliveries, m.replies, waiting, build, plan, book{s.Contents},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// info is a gauge that is 1 and carries a version.
func info(name, help, version string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: prometheus.Labels{"version": version}})
	g.Set(1)
	return g
}

// Request counts a request.
func (m *Metrics) Request(r Request) {
	m.requests.WithLabelValues(r.Method, r.Route, r.Operation, strconv.Itoa(r.Status)).Observe(r.Took.Seconds())
	if r.Exception != "" {
		m.exceptions.WithLabelValues(r.Operation, r.Exception).Inc()
	}
}

// Commit counts a transaction.
func (m *Metrics) Commit(updates int, took time.Duration) {
	m.batches.Observe(float64(updates))
	m.commits.Observe(took.Seconds())
}

// Delivery counts the outcome of a message.
func (m *Metrics) Delivery(queue, kind, outcome string) {
	m.deliveries.WithLabelValues(queue, kind, outcome).Inc()
}

// Reply counts a text message from a person.
func (m *Metrics) Reply(meaning string) { m.replies.WithLabelValues(meaning).Inc() }

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// book reads the contents.
type book struct{ look func() (Contents, error) }

var (
	contacts = prometheus.NewDesc("callbook_contacts", "Contacts by reachability; those that are no person have none.", []string{"reachability"}, nil)
	oldest   = prometheus.NewDesc("callbook_oldest_message_seconds", "For how long the message that is due longest has been waiting; 0 when none is due.", nil, nil)
)

// Describe implements prometheus.Collector.
func (b book) Describe(into chan<- *prometheus.Desc) { into <- contacts; into <- oldest }

// Collect implements prometheus.Collector.
func (b book) Collect(into chan<- prometheus.Metric) {
	now, err := b.look()
	if err != nil {
		into <- prometheus.NewInvalidMetric(contacts, err)
		return
	}
	for reachability, n := range now.Contacts {
		into <- prometheus.MustNewConstMetric(contacts, prometheus.GaugeValue, float64(n), reachability)
	}
	into <- prometheus.MustNewConstMetric(oldest, prometheus.GaugeValue, now.Overdue.Seconds())
}
