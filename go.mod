module github.com/ssespec/ssespec

go 1.26
