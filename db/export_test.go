package db

import "testing"

// Statements are texts that a store has executed, for the suite that package dbtest runs
// from outside.
type Statements = statements

// Collect adds what a store has executed.
func (s statements) Collect(store *Store) { s.collect(store) }

// AreFast fails the test when the cost of a statement grows with a table.
func (s statements) AreFast(t *testing.T) { s.areFast(t) }

// NeedEveryIndex fails the test when there is an index that no statement uses.
func (s statements) NeedEveryIndex(t *testing.T) { s.needEveryIndex(t) }
