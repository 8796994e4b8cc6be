package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// load finds the mutants of the packages in the given folders of the module.
func load(ctx context.Context, root string, folders []string) ([]*source, error) {
	patterns := make([]string, len(folders))
	for i, folder := range folders {
		patterns[i] = "./" + folder
	}
	pkgs, err := packages.Load(&packages.Config{
		Context: ctx, Dir: root,
		Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile | packages.NeedFiles | packages.NeedCompiledGoFiles,
	}, patterns...)
	if err != nil {
		return nil, fmt.Errorf("load packages: %w", err)
	}
	var sources []*source
	for _, pkg := range pkgs {
		for _, problem := range pkg.Errors {
			err = errors.Join(err, problem)
		}
		if err != nil || len(pkg.Syntax) == 0 {
			continue
		}
		folder, relErr := filepath.Rel(root, filepath.Dir(pkg.GoFiles[0]))
		if relErr != nil {
			return nil, relErr
		}
		s, findErr := find(pkg, filepath.ToSlash(folder))
		if findErr != nil {
			return nil, fmt.Errorf("find mutants: %w", findErr)
		}
		sources = append(sources, s)
	}
	return sources, err
}

// writeOverlay writes the packages with their mutants below dir, in a folder
// that ./... ignores, and the file that makes the go command build these in
// place of the committed ones. The tests in the given folders can be run one by
// one.
func writeOverlay(dir, root string, sources []*source, tests []string) (string, error) {
	replace := make(map[string]string)
	for _, s := range sources {
		at := filepath.Join(dir, "_src", filepath.FromSlash(s.folder))
		if err := os.MkdirAll(at, 0o755); err != nil {
			return "", err
		}
		files := map[string]string{
			filepath.Join(root, s.folder, "mutants_switch.go"): switchCode(s.pkg.Name, s.folder, len(s.mutants)),
		}
		for path, text := range s.files {
			files[path] = text
		}
		for path, text := range files {
			copied := filepath.Join(at, filepath.Base(path))
			if err := os.WriteFile(copied, []byte(text), 0o644); err != nil {
				return "", err
			}
			replace[path] = copied
		}
	}
	for _, folder := range tests {
		code, err := serveCode(root, folder)
		if err != nil {
			return "", err
		}
		const name = "mutants_main_test.go"
		copied := filepath.Join(dir, "_src", strings.ReplaceAll(folder, "/", "-")+"-"+name)
		if err := os.WriteFile(copied, []byte(code), 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(root, folder, name)] = copied
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "  ")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, list, 0o644)
}
