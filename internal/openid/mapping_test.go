package openid_test

import (
	"slices"
	"testing"

	"callbook/internal/openid"
)

var roles = []string{"viewer", "manager", "admin"}

func TestHighestRoleOfTheGroupsIsGiven(t *testing.T) {
	m, err := openid.ParseMapping(" oncall-admins=admin, oncall = manager ,everyone=viewer", roles...)
	if err != nil {
		t.Fatal(err)
	}
	for want, groups := range map[string][][]string{
		"admin":   {{"oncall-admins"}, {"everyone", "oncall-admins", "oncall"}},
		"manager": {{"oncall"}, {"oncall", "everyone"}, {"everyone", "oncall", "unknown"}},
		"viewer":  {{"everyone"}},
		"":        {nil, {"unknown"}, {"Oncall-Admins"}, {"admin"}, {""}, {"oncall-admins,oncall"}},
	} {
		for _, g := range groups {
			if got := m.Role(g); got != want {
				t.Errorf("%q gives %q, want %q", g, got, want)
			}
		}
	}
}

func TestNoMappingGivesNoRole(t *testing.T) {
	empty, err := openid.ParseMapping("  ", roles...)
	for _, m := range []openid.Mapping{{}, empty} {
		if got := m.Role([]string{"admin", ""}); got != "" || err != nil {
			t.Errorf("it gives %q, %v", got, err)
		}
	}
}

func TestMappingWithAMistakeIsRefused(t *testing.T) {
	for _, text := range []string{"oncall", "oncall=", "oncall=owner", "=admin", "oncall=Admin", "a=admin,", ",a=admin", "a=admin,a=viewer", "a=admin;b=viewer", "a=b=viewer"} {
		if _, err := openid.ParseMapping(text, roles...); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzMapping(f *testing.F) {
	f.Add("oncall-admins=admin,oncall=manager", "oncall")
	f.Add(" a = viewer ", "a")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, group string) {
		m, err := openid.ParseMapping(text, roles...)
		if role := m.Role([]string{group}); role != "" && (err != nil || !slices.Contains(roles, role)) {
			t.Errorf("%q gives %q for %q", text, role, group)
		}
	})
}
