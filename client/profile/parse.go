package profile

import (
	"bytes"
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// table begins the heading of a profile: [profile.NAME].
const table = "profile"

// parse reads the text of a file; it is pure, for the fuzzer too.
func parse(path string, text []byte) (*File, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // as editors of Windows write it
	f := &File{Path: path, Profiles: map[string]map[string]string{}, lines: strings.Split(string(text), "\n"), at: map[string]map[string]int{}, heads: map[string]int{}}
	// The whole language first: the parser below takes some of what is none.
	if err := toml.Unmarshal(text, new(map[string]any)); err != nil {
		r := &Refusal{File: path, Reason: "not TOML: " + err.Error(), Remedy: "correct it"}
		if at := new(toml.DecodeError); errors.As(err, &at) {
			r.Line, _ = at.Position()
		}
		return nil, r
	}
	var p unstable.Parser
	p.Reset(text)
	profile := ""
	for p.NextExpression() {
		e := p.Expression()
		keys, at := keysOf(&p, e)
		switch {
		case e.Kind == unstable.Table && len(keys) == 2 && keys[0] == table && name.MatchString(keys[1]) && keys[1] != None:
			profile = keys[1]
			f.Profiles[profile], f.at[profile], f.heads[profile] = map[string]string{}, map[string]int{}, at
		case e.Kind != unstable.KeyValue:
			return nil, &Refusal{File: path, Line: at, Key: strings.Join(keys, "."), Reason: "unknown part", Remedy: `want [profile.NAME], a name of letters, digits, - and _ other than none`}
		case len(keys) != 1:
			return nil, &Refusal{File: path, Line: at, Key: strings.Join(keys, "."), Reason: "a key with dots", Remedy: "write the key alone, below [profile.NAME]"}
		default:
			if err := f.take(profile, keys[0], at, e.Value()); err != nil {
				return nil, err
			}
		}
	}
	if err := p.Error(); err != nil {
		return nil, &Refusal{File: path, Reason: "not TOML: " + err.Error(), Remedy: "correct it"}
	}
	if _, known := f.Profiles[f.Current]; f.Current != "" && f.Current != None && !known {
		return nil, &Refusal{File: path, Line: f.use, Key: "use", Reason: "no such profile", Remedy: "name one of: " + f.names()}
	}
	return f, nil
}

func keysOf(p *unstable.Parser, e *unstable.Node) (keys []string, at int) {
	if e.Kind != unstable.KeyValue && e.Kind != unstable.Table && e.Kind != unstable.ArrayTable {
		return nil, 0
	}
	for k := e.Key(); k.Next(); {
		if at == 0 {
			at = p.Shape(k.Node().Raw).Start.Line
		}
		keys = append(keys, string(k.Node().Data))
	}
	return keys, at
}

// take records one line of a profile, or of the top where profile is "".
func (f *File) take(profile, key string, at int, value *unstable.Node) error {
	text := string(value.Data)
	switch {
	case profile == "" && key != "use":
		return &Refusal{File: f.Path, Line: at, Key: key, Reason: "it belongs to no profile", Remedy: "move it below [profile.NAME]"}
	case value.Kind != unstable.String && refused[key] == [2]string{}:
		return &Refusal{File: f.Path, Line: at, Key: key, Reason: "not a text", Remedy: `write the value in quotes`}
	case profile == "":
		f.Current, f.use = text, at
		return nil
	}
	if err := check(f.Path, at, key, text); err != nil {
		return err
	}
	if !strings.Contains(f.lines[at-1], "=") || strings.Contains(f.lines[at-1], `"""`) || strings.Contains(f.lines[at-1], "'''") {
		return &Refusal{File: f.Path, Line: at, Key: key, Reason: "not on one line", Remedy: `write key = "value"`}
	}
	f.Profiles[profile][key], f.at[profile][key] = text, at
	return nil
}
