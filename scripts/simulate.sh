#!/bin/sh
# Simulated clusters, see docs/simulation.md: scripts/simulate.sh FIRST_SEED [COUNT [BUG]]
# One seed prints its story. What is missing is built first; after a change remove integration-tests/target/simulation.classpath.
set -e
cd "$(dirname "$0")/.."
classes=integration-tests/target/test-classes
path=$PWD/integration-tests/target/simulation.classpath
if [ ! -f "$path" ]; then
  ./mvnw -q -pl integration-tests -am test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$path"
fi
exec "$(scripts/find-jdk.sh)/bin/java" -XX:+UseSerialGC --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -cp "$classes:$(cat "$path")" dev.switchboard.simulation.SimulationMain "$@"
