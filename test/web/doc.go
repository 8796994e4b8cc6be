// Package web drives the web app in the system's Chromium through the rental
// guide in both languages, on a whole devnet with a real guest. It needs what
// test/e2e needs, and Chromium; SHOTS=folder saves pictures of the main
// pages, ONLY=text runs the tests whose names have it.
package web
