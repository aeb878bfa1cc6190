//go:build !race

package main

// raceDetector says that memory is measured under the race detector, which needs several times as much.
const raceDetector = false
