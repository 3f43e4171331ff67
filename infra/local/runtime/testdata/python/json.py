raise Exception("the shim must not import this")
