// Package kustomize renders kustomizations and finds the line behind every
// field of what they make.
//
// In goes the repository and the folder of a kustomization; out come the
// objects `kustomize build` would print, byte for byte, each with an origin.
// The stock library renders, in process, over a file system that holds the
// repository and nothing else: no write, no network, no program started.
// Whatever would have to be fetched is a failure before the build begins, unless
// it was fetched before and Options.Fetched knows where it lies.
//
// The package hides how a line is found. Kustomize copies some values from
// documents (resources, strategic merge patches) and writes others itself
// (images, replicas, labels, JSON patches, …). Both are followed by carriers
// that travel through a second, private build of the same sources:
//
//   - every scalar of a document carries a line comment, which the library
//     keeps through merges, so that a patched field carries the patch's;
//   - every value a directive writes carries a token, a piece of text that
//     occurs nowhere else.
//
// Strip tokens and comments and the objects must be the true ones; where they
// are not (an overlay selects by a name that now reads differently), the
// tokens are tried again by class of directive, and a field that still
// disagrees is located by its document alone. JSON patches lose the
// comments of the object they touch; those come from a build without them.
//
// All this happens in Locate, for the units that have findings, once a unit.
package kustomize
