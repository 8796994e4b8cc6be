// Package web drives the web app in the system's Chromium: the rental guide in
// both languages, on a whole devnet with a real guest. It needs what test/e2e
// needs, and Chromium; SHOTS=folder keeps pictures of the main pages.
package web
