package db

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Schema is the definition of each table, column, index and trigger of a database. A key is a
// SchemaPart.
type Schema map[SchemaPart]string

// SchemaPart names a part of a schema.
type SchemaPart struct {
	Kind string // "table", "column", "index", "trigger" or "view"
	Name string // of a column: table, dot, column
}

// checkSchema compares the schema with what the migrations make. A trigger that was added may
// change what is written, and one that was dropped protects the audit trail no more.
func (s *Store) checkSchema(ctx context.Context, w *problems) (n int64, err error) {
	err = s.look(ctx, func(q *queries) error {
		found, made, err := s.engine.Schemas(ctx, q.conn.sql)
		if err != nil {
			return err
		}
		n = int64(len(found))
		for _, part := range slices.SortedFunc(maps.Keys(differences(found, made)), compareParts) {
			_, isFound := found[part]
			_, isMade := made[part]
			switch {
			case !isMade:
				w.add("%s %s was added: Callbook does not make it", part.Kind, part.Name)
			case !isFound:
				w.add("%s %s is missing", part.Kind, part.Name)
			default:
				w.add("%s %s is not defined as Callbook defines it", part.Kind, part.Name)
			}
		}
		return nil
	})
	return n, err
}

// differences returns the parts that differ. A table whose columns differ, or that is not
// there, is one difference.
func differences(found, made Schema) map[SchemaPart]bool {
	differ := map[SchemaPart]bool{}
	for _, part := range slices.Concat(slices.Collect(maps.Keys(found)), slices.Collect(maps.Keys(made))) {
		a, isFound := found[part]
		if b, isMade := made[part]; isFound != isMade || a != b {
			differ[part] = true
		}
	}
	for part := range differ {
		table, _, isColumn := strings.Cut(part.Name, ".")
		if part.Kind != "column" || !isColumn {
			continue
		}
		whole := SchemaPart{"table", table}
		_, isFound := found[whole]
		_, isMade := made[whole]
		if isFound && isMade {
			delete(differ, whole)
		} else {
			delete(differ, part)
		}
	}
	return differ
}

func compareParts(a, b SchemaPart) int {
	if c := strings.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}
