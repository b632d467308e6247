"""verdigris.toml: read by `load.load`, described by `model`, documented by `schema`."""
