package packaging_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/internal/config"
)

// read returns a file of this folder.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unit returns the values of each key of the service, in their order.
func unit(t *testing.T) map[string][]string {
	t.Helper()
	keys := map[string][]string{}
	for line := range strings.Lines(read(t, "callbook.service")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Fatalf("the unit has the line %q", line)
		}
		keys[key] = append(keys[key], value)
	}
	return keys
}

// installed returns where each file of the package comes from, by where it goes.
func installed(t *testing.T) map[string]string {
	t.Helper()
	from := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)- src: (\S+)\n    dst: (\S+)`).FindAllStringSubmatch(read(t, "nfpm.yaml"), -1) {
		from[m[2]] = strings.TrimPrefix(m[1], "internal/packaging/")
	}
	return from
}

// settings returns the flags and variables that callbook serve knows.
func settings() (flags, variables []string) {
	var c config.Config
	for _, s := range config.Settings(c.Flags(func(string) string { return "" })) {
		flags, variables = append(flags, s.Flag), append(variables, s.Variable)
	}
	return flags, variables
}

func TestUnitStartsWhatThePackageInstalls(t *testing.T) {
	u, from := unit(t), installed(t)
	flags, _ := settings()
	command := strings.Fields(strings.Join(u["ExecStart"], " "))
	if len(command) < 2 || from[command[0]] != "${STAGE}/callbook" || command[1] != "serve" {
		t.Fatalf("ExecStart is %q, and the package has %v", command, from)
	}
	for _, argument := range command[2:] {
		if name, _, _ := strings.Cut(argument, "="); strings.HasPrefix(name, "-") && !slices.Contains(flags, name) {
			t.Errorf("callbook serve has no flag %s", name)
		}
	}
	for _, name := range u["EnvironmentFile"] {
		if from[strings.TrimPrefix(name, "-")] != "callbook.env" {
			t.Errorf("the package has no %s", name)
		}
	}
	for _, page := range u["Documentation"] {
		if file, ok := strings.CutPrefix(page, "file://"); ok && from[file] == "" {
			t.Errorf("the package has no %s", file)
		}
	}
	if from["/usr/lib/systemd/system/callbook.service"] != "callbook.service" {
		t.Error("the package does not install the unit")
	}
}

func TestUnitKeepsKeysApartFromTheData(t *testing.T) {
	u := unit(t)
	_, known := settings()
	environment := map[string]string{}
	for _, e := range u["Environment"] {
		name, value, _ := strings.Cut(e, "=")
		if environment[name] = value; !slices.Contains(known, name) {
			t.Errorf("there is no setting %s", name)
		}
	}
	var folders []string
	for _, name := range strings.Fields(strings.Join(u["StateDirectory"], " ")) {
		folders = append(folders, path.Join("/var/lib", name))
	}
	data, keys := environment["CALLBOOK_DATA"], path.Dir(environment["CALLBOOK_KEY_FILE"])
	if !apart(data, keys) || !slices.Contains(folders, data) || !slices.Contains(folders, keys) {
		t.Errorf("data in %q, keys in %q, folders of the service %q", data, keys, folders)
	}
}

// apart reports whether neither folder is in the other.
func apart(a, b string) bool {
	return a != b && !strings.HasPrefix(a, b+"/") && !strings.HasPrefix(b, a+"/")
}

func TestUnitGivesTheServiceNoMoreThanItNeeds(t *testing.T) {
	want := map[string]string{
		"Type": "notify", "User": "callbook", "Group": "callbook", "StateDirectoryMode": "0700", "UMask": "0077", "LimitCORE": "0",
		"NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "", "PrivateUsers": "yes",
		"PrivateDevices": "yes", "DevicePolicy": "closed", "PrivateTmp": "yes", "PrivateIPC": "yes", "RemoveIPC": "yes",
		"KeyringMode": "private", "ProcSubset": "pid", "ProtectProc": "invisible", "ProtectSystem": "strict",
		"ProtectHome": "yes", "ProtectClock": "yes", "ProtectControlGroups": "yes", "ProtectHostname": "yes",
		"ProtectKernelLogs": "yes", "ProtectKernelModules": "yes", "ProtectKernelTunables": "yes",
		"RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "RestrictNamespaces": "yes", "RestrictRealtime": "yes",
		"RestrictSUIDSGID": "yes", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes",
		"SystemCallArchitectures": "native", "SystemCallFilter": "@system-service|~@privileged @resources",
		"SystemCallErrorNumber": "EPERM",
	}
	got := map[string]string{}
	for key, values := range unit(t) {
		if _, ok := want[key]; ok {
			got[key] = strings.Join(values, "|")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExamplesNameSettings(t *testing.T) {
	_, known := settings()
	for line := range strings.Lines(read(t, "callbook.env")) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("%q holds for everybody who installs the package", line)
		}
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "="); ok && strings.HasPrefix(name, "CALLBOOK") && !slices.Contains(known, name) {
			t.Errorf("there is no setting %s", name)
		}
	}
}

func TestRemovingThePackageKeepsDataAndKeys(t *testing.T) {
	removes := regexp.MustCompile(`\b(rm|rmdir|deluser|userdel|delgroup|find|mv|truncate)\b`)
	scripts := regexp.MustCompile(`(?m)^  p(?:ost|re)\w+: internal/packaging/(\w+)$`).FindAllStringSubmatch(read(t, "nfpm.yaml"), -1)
	if len(scripts) != 3 {
		t.Fatalf("the package has the scripts %v", scripts)
	}
	for _, s := range scripts {
		if found := removes.FindString(read(t, s[1])); found != "" {
			t.Errorf("%s says %s", s[1], found)
		}
	}
	if !strings.Contains(read(t, "postinst"), "--home /var/lib/callbook --no-create-home --gecos Callbook callbook") {
		t.Error("the user of the unit is not made")
	}
}

// instructions returns the arguments of one instruction of the Dockerfile, from
// its last stage only.
func instructions(t *testing.T, name string) []string {
	t.Helper()
	text := strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")
	var found []string
	for line := range strings.Lines(text[strings.LastIndex(text, "\nFROM ")+1:]) {
		if arguments, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
			found = append(found, arguments)
		}
	}
	return found
}

func TestImageRunsAsNobodyWithTwoVolumes(t *testing.T) {
	_, known := settings()
	environment := map[string]string{}
	for _, e := range strings.Fields(strings.Join(instructions(t, "ENV"), " ")) {
		name, value, _ := strings.Cut(e, "=")
		if environment[name] = value; name != "TMPDIR" && !slices.Contains(known, name) {
			t.Errorf("there is no setting %s", name)
		}
	}
	data, keys := environment["CALLBOOK_DATA"], path.Dir(environment["CALLBOOK_KEY_FILE"])
	for instruction, want := range map[string]string{
		"FROM": "scratch", "USER": "65532:65532", "VOLUME": `["` + data + `", "` + keys + `"]`,
		"ENTRYPOINT": `["/callbook"]`, "CMD": `["serve"]`,
	} {
		if diff := cmp.Diff([]string{want}, instructions(t, instruction)); diff != "" {
			t.Errorf("%s: %s", instruction, diff)
		}
	}
	if !apart(data, keys) || environment["TMPDIR"] != data {
		t.Errorf("%v", environment)
	}
}

func TestImagesAreNamedWithoutAHost(t *testing.T) {
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(read(t, "Dockerfile"), -1) {
		if strings.Contains(m[1], "/") || strings.Contains(m[1], "@") {
			t.Errorf("FROM %s", m[1])
		}
	}
}

func TestLitestreamCopiesTheDatabaseOfTheUnitAsItsUser(t *testing.T) {
	u, text := unit(t), read(t, "litestream.yml")
	folders := map[string]string{}
	for _, e := range u["Environment"] {
		name, value, _ := strings.Cut(e, "=")
		folders[name] = value
	}
	data, keys := folders["CALLBOOK_DATA"], path.Dir(folders["CALLBOOK_KEY_FILE"])
	paths := regexp.MustCompile(`(?m)^ +(?:- )?path: (\S+)$`).FindAllStringSubmatch(text, -1)
	if len(paths) != 2 || paths[0][1] != path.Join(data, "callbook.db") {
		t.Fatalf("the paths are %q, and the data in %s", paths, data)
	}
	if replica := paths[1][1]; !apart(replica, data) || !apart(replica, keys) {
		t.Errorf("the replica is in %s, data in %s, keys in %s", replica, data, keys)
	}
	for _, key := range []string{"User", "Group", "UMask"} {
		if line := "#   " + key + "=" + strings.Join(u[key], ""); !strings.Contains(text, line+"\n") {
			t.Errorf("litestream.yml does not say %q", line)
		}
	}
	if installed(t)["/usr/share/doc/callbook/litestream.yml"] != "litestream.yml" {
		t.Error("the package does not install litestream.yml")
	}
}
