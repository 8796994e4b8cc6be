package spec

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v3"
)

//go:embed descriptions.yaml
var descriptionsYAML []byte

// anySchema holds the texts of properties that mean the same everywhere.
const anySchema = "*"

// descriptions are the texts of the document, by schema and property; "" is the schema's own.
type descriptions struct {
	all     map[string]map[string]string
	used    map[string]bool
	missing []string
}

func describe() (*descriptions, error) {
	d := &descriptions{used: map[string]bool{}}
	if err := yaml.Unmarshal(descriptionsYAML, &d.all); err != nil {
		return nil, fmt.Errorf("read the descriptions: %w", err)
	}
	return d, nil
}

// fill gives a schema and its properties their texts.
func (d *descriptions) fill(schema string, def *jsonschema.Schema) {
	def.Description = d.of(schema, "")
	if def.Properties == nil {
		return
	}
	for pair := def.Properties.Oldest(); pair != nil; pair = pair.Next() {
		text := d.of(schema, pair.Key)
		// Beside a reference, which has a text of its own, only one that says more.
		if own := d.all[schema][pair.Key]; pair.Value.Ref == "" || own != "" {
			pair.Value.Description = text
		}
	}
}

func (d *descriptions) of(schema, property string) string {
	for _, from := range []string{schema, anySchema} {
		if text := d.all[from][property]; text != "" {
			d.used[from+"."+property] = true
			return text
		}
	}
	d.missing = append(d.missing, schema+"."+property)
	return ""
}

// complete fails where a property has no text, or a text no property.
func (d *descriptions) complete() error {
	var unused []string
	for schema, texts := range d.all {
		for property := range texts {
			if key := schema + "." + property; !d.used[key] {
				unused = append(unused, key)
			}
		}
	}
	slices.Sort(unused)
	slices.Sort(d.missing)
	if missing := slices.Compact(d.missing); len(missing)+len(unused) > 0 {
		return fmt.Errorf("descriptions.yaml lacks %q, and describes %q, which are no properties", missing, unused)
	}
	return nil
}
