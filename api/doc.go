// Package api is the contract of nodes: the paths, bodies and replies of their
// HTTP API, the reasons for which they refuse a request, and a description of
// each route. Both nodes' muxes, the clients and the documents are made from it.
// It uses the standard library only, and package lifecycle, so that any program
// can import it.
package api
