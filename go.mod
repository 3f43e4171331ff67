module tacet

go 1.26
