// Package shadow answers which line a human would edit to change a field that
// a Helm chart rendered.
package shadow
