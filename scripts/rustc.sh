#!/bin/sh
# Calls the compiler as asked: this file's path is what matters (scripts/env.sh says why).
exec "$@"
