package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// In these tests synctest holds the clock: time.Sleep moves it and waits for nothing.

func TestEveryCallsAtOnceAndAtEachIntervalUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var calls []time.Duration
		stop := every(time.Minute, func(context.Context) { calls = append(calls, time.Since(start)) })
		time.Sleep(150 * time.Second)
		stop()
		time.Sleep(time.Hour)
		same(t, "calls", []time.Duration{0, time.Minute, 2 * time.Minute}, calls)
	})
}

func TestStopEndsTheCallThatRunsAndWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		returned := false
		stop := every(time.Minute, func(ctx context.Context) {
			<-ctx.Done()
			time.Sleep(time.Second)
			returned = true
		})
		synctest.Wait()
		stop()
		if !returned {
			t.Error("stop did not wait for the call that ran")
		}
	})
}
