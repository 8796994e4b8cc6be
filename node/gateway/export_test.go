package gateway

// AcceptOf is for machines that lie with the right answer.
var AcceptOf = acceptOf
