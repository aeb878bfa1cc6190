package ssetest

// Lines is for tests.
var Lines = lines
