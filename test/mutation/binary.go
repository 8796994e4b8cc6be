package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// binary is the compiled tests of one package, with all mutants.
type binary struct {
	path string
	// dir is the package's folder, in which its tests run; tmp is for their files.
	dir, tmp string
	folder   string
	// sum changes with whatever the binary is built from.
	sum string
	// fixed are arguments that make randomized tests deterministic.
	fixed []string
	// reaching lists the tests that reach a mutant, by "folder#id", the fastest
	// first.
	reaching map[string][]*test
	// initial are the mutants that are reached before the first test.
	initial map[string]bool
}

func build(ctx context.Context, dir, root, overlay, folder string) (*binary, error) {
	b := &binary{
		path: filepath.Join(dir, "bin", strings.ReplaceAll(folder, "/", "-")+".test"),
		dir:  filepath.Join(root, folder), tmp: filepath.Join(dir, "tmp"), folder: folder,
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlay, "-o", b.path, "./"+folder)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build tests of %s: %w\n%s", folder, err, out)
	}
	file, err := os.Open(b.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return nil, err
	}
	b.sum = hex.EncodeToString(hash.Sum(nil)[:8])
	help, _ := exec.CommandContext(ctx, b.path, "-h").CombinedOutput() // exits with 2
	if bytes.Contains(help, []byte("rapid.seed")) {
		b.fixed = []string{"-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=0s"}
	}
	return b, nil
}

// tests lists the tests, examples and fuzz targets.
func (b *binary) tests(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, b.path, "-test.list", "^(Test|Fuzz|Example)")
	cmd.Dir = b.dir
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list tests of %s: %w", b.folder, err)
	}
	return strings.Fields(string(out)), nil
}

// randomized returns the tests that try random values, which may try fewer.
func (b *binary) randomized() (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(b.dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				ast.Inspect(f.Body, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok && id.Name == "rapid" {
						found[f.Name.Name] = true
					}
					return true
				})
			}
		}
	}
	return found, nil
}
