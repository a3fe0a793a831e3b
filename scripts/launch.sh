# Sourced by ./switchboard (bash 3.2 is enough). What a start costs when everything is there: one `find` over the sources of
# the modules in question and one over their launch files, a few milliseconds.
#
# Files, all made again when missing:
#   MODULE/target/launch/classpath   runtime class path of a module, written by Maven's package phase
#   target/launch/COMMAND.args       `java @file`: flags, AOT cache, class path, main class
#   target/launch/spark/             SPARK_HOME of train: jars/ of links, bin/spark-submit, bin/spark-class
#   target/launch/jars/              copies of our own jars, swapped by rename: a running JVM never sees its jar change
#   target/launch/aot/ROLE-SUM.aot   ahead-of-time caches (classes, profiles) from one short rehearsal, see `rehearse`;
#                                    the sum is over flags, JDK and our jars, so that a cache never meets other classes
# Settings: SWITCHBOARD_BUILD=auto|never, SWITCHBOARD_AOT=on|off.

LAUNCH=$ROOT/target/launch
VECTOR="--add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
HAZELCAST="--add-modules=java.se --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.management/sun.management=ALL-UNNAMED --add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED"
LEAN="-XX:-UsePerfData -XX:+UseCompactObjectHeaders"
# Weights and caches lie in native memory, which the JVM would bound by its heap's size; their own settings bound them.
WEIGHTS="-XX:MaxDirectMemorySize=16t"
# The JVM's own complaints go to standard error; an AOT cache that does not fit is none.
QUIET="-Xlog:disable -Xlog:all=warning,aot*=off,cds*=off:stderr"

# A node without memory ends at once (exit code 3) and says so: another takes its place, where one that goes on would hang in part.
CLEAR_END="-XX:+ExitOnOutOfMemoryError -XX:+DisplayVMOutputToStderr"

# THE table. command | module | main class | role (JVM flags and AOT cache) | modules to build beside it | what it does
table() {
  cat <<'TABLE'
demo|client|dev.switchboard.client.cli.SwitchboardMain|client|router-service,expert-node|starts a private cluster and shows which expert takes which token
generate|client|dev.switchboard.client.cli.SwitchboardMain|client|router-service,expert-node|continues a text
route|client|dev.switchboard.client.cli.SwitchboardMain|client|router-service,expert-node|tells which expert each window of a text wakes
status|client|dev.switchboard.client.cli.SwitchboardMain|client||shows nodes, experts and load of a running cluster
cluster|client|dev.switchboard.client.cli.SwitchboardMain|client||drains nodes, evens their load, tells what was decided about the placement
expert|client|dev.switchboard.client.cli.SwitchboardMain|client||lists a cluster's experts, disables one, adds one, removes it again
gate|client|dev.switchboard.client.cli.SwitchboardMain|client||adds gates to a running cluster, tries them, promotes them, rolls them back
session|client|dev.switchboard.client.cli.SwitchboardMain|client||forgets a conversation, or makes a second one of it
router|router-service|dev.switchboard.router.cli.RouterMain|router||runs a router: takes requests, holds the trunk, calls the experts
node|expert-node|dev.switchboard.node.cli.NodeMain|node||runs an expert node: one shard of experts
inspect|router-service|dev.switchboard.router.cli.RouterMain|router||describes a model: sizes, layers, what a node will need
check|router-service|dev.switchboard.router.cli.RouterMain|router||compares models with the recorded answers of their reference
evaluate|router-service|dev.switchboard.router.cli.RouterMain|router||counts the bits that a model needs for each byte of a text
perplexity|router-service|dev.switchboard.router.cli.RouterMain|router||says how well a model foretells a text
cache|router-service|dev.switchboard.router.cli.RouterMain|router||lists, checks and removes packed weights
quantize|router-service|dev.switchboard.router.cli.RouterMain|router||writes a model with fewer bits, as a GGUF file
upcycle|router-service|dev.switchboard.router.cli.RouterMain|router||makes a model with experts of a dense one
prune|router-service|dev.switchboard.router.cli.RouterMain|router||removes the experts that are used least
merge|router-service|dev.switchboard.router.cli.RouterMain|router||makes few experts of many
train|training|dev.switchboard.training.cli.TrainMain|train||trains experts (PyTorch) or the router (Spark)
chaos|client|dev.switchboard.client.cli.SwitchboardMain|client|router-service,expert-node|kills, stops and cuts off processes of a private cluster that is being used
bench|benchmarks|dev.switchboard.benchmarks.BenchMain|bench||measures tokens per second and the cost of a remote layer
TABLE
}

# The modules whose sources a module is made of, itself included.
sources_of() {
  case $1 in
    client) echo proto client ;;
    expert-node) echo proto model cluster-config expert-node ;;
    router-service) echo proto model cluster-config router-service ;;
    training) echo proto model client training ;;
    benchmarks) echo proto model cluster-config expert-node router-service client benchmarks ;;
  esac
}

# JVM flags of a role. Nodes are many and small: serial collector, little heap (weights lie outside it). A brief node lives
# for a few requests of a demo: without the optimising compiler and the incubating vector module (which keeps an AOT cache
# from linking classes ahead) it starts for half the work, and computes slower, but the same bits.
flags_of() {
  case $1 in
    client) echo "$LEAN $QUIET --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xms32m -Xmx512m -XX:TieredStopAtLevel=1" ;;
    node) echo "$WEIGHTS $LEAN $QUIET $VECTOR $HAZELCAST -XX:+UseSerialGC -Xms48m -Xmx${SWITCHBOARD_NODE_HEAP:-256m} $CLEAR_END" ;;
    brief) echo "$WEIGHTS $LEAN $QUIET --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow $HAZELCAST -Dswitchboard.kernels=scalar -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms48m -Xmx256m $CLEAR_END" ;;
    router) echo "$WEIGHTS $LEAN $QUIET $VECTOR $HAZELCAST -XX:+UseParallelGC -Xms128m -Xmx${SWITCHBOARD_ROUTER_HEAP:-1g}" ;;
    train) echo "$WEIGHTS $VECTOR -Xmx${SWITCHBOARD_TRAIN_HEAP:-4g}" ;;
    bench) echo "$WEIGHTS $VECTOR $HAZELCAST -XX:+UseParallelGC -Xms256m -Xmn128m -Xmx2g" ;;
  esac
}

# What the process wants of its surroundings: arguments in UTF-8 whatever the locale, and for training a malloc that keeps
# large blocks instead of mapping them anew in every step.
settle() {
  case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in *[Uu][Tt][Ff]*8*) ;; *) export LC_ALL=C.UTF-8 ;; esac
  if [ "$1" = train ]; then
    export SPARK_HOME=${SPARK_HOME:-$LAUNCH/spark} SPARK_SCALA_VERSION=${SPARK_SCALA_VERSION:-2.13}
    export GLIBC_TUNABLES=${GLIBC_TUNABLES:-glibc.malloc.mmap_threshold=2000000000:glibc.malloc.trim_threshold=8000000000:glibc.malloc.hugetlb=1}
  fi
}

say() { printf 'switchboard: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

version() { sed -n 's:.*<version>\(.*\)</version>.*:\1:p' "$ROOT/pom.xml" | head -n 1; }

top_help() {
  cat <<EOF2
Switchboard runs Mixture-of-Experts models across ordinary CPU machines.
Usage: ./switchboard COMMAND [OPTIONS]       ./switchboard COMMAND --help

Commands:
$(table | while IFS='|' read -r name _ _ _ _ what; do printf '  %-10s %s\n' "$name" "$what"; done)

Examples:
  ./switchboard demo --prompt 'print("Hello")' --max-tokens 32
  ./switchboard generate --prompt 'Once upon a time' --json
  ./switchboard route --text 'SELECT name FROM users'

Options:
  -h, --help      this text
  -V, --version   the version
Environment: JAVA_HOME, SWITCHBOARD_BUILD=auto|never, SWITCHBOARD_AOT=on|off, SWITCHBOARD_ROUTER=HOST:PORT, SWITCHBOARD_API_KEY=KEY,
SWITCHBOARD_LOG=LEVEL.
Exit codes: 0 done, 1 failed, 2 wrong usage.
EOF2
}

# Sets module, main, role and needed for a command.
lookup() {
  local name
  while IFS='|' read -r name module main role also _; do
    if [ "$name" = "$1" ]; then
      needed=$module${also:+,$also}
      return 0
    fi
  done <<EOF2
$(table)
EOF2
  return 1
}

# Says the command is unknown, the nearest one (edit distance up to 3) and all others.
unknown_command() {
  local near
  near=$(table | cut -d'|' -f1 | awk -v a="$1" '
    function least(x, y) { return x < y ? x : y }
    { n = length(a); m = length($0); for (j = 0; j <= m; j++) d[0, j] = j
      for (i = 1; i <= n; i++) { d[i, 0] = i
        for (j = 1; j <= m; j++) d[i, j] = least(least(d[i-1, j], d[i, j-1]) + 1, d[i-1, j-1] + (substr(a, i, 1) != substr($0, j, 1))) }
      if (d[n, m] <= 3 && d[n, m] < m && (best == "" || d[n, m] < score)) { best = $0; score = d[n, m] } }
    END { print best }')
  case $1 in -*) say "unknown option '$1'; a command comes first" ;; *) say "unknown command '$1'${near:+; did you mean '$near'?}" ;; esac
  say "commands: $(table | cut -d'|' -f1 | tr '\n' ' ')(./switchboard --help)"
  exit 2
}

# Is MODULE's class path there and newer than every source it is made of? A removed file shows in its folder's time.
built() {
  local stamp=$ROOT/$1/target/launch/classpath folders="" part
  [ -f "$stamp" ] || return 1
  for part in $(sources_of "$1"); do folders="$folders $part/pom.xml $part/src/main"; done
  [ -z "$(cd "$ROOT" && find pom.xml $folders -newer "$stamp" -print 2>/dev/null | head -n 1)" ]
}

all_built() {
  local part
  for part in ${needed//,/ }; do built "$part" || return 1; done
}

# The .args file of the command is newer than the class paths and was made here, by this script, for this JDK.
launchable() {
  local args=$LAUNCH/$command.args part
  [ -f "$args" ] && [ ! "$ROOT/scripts/launch.sh" -nt "$args" ] || return 1
  for part in ${needed//,/ }; do [ ! "$ROOT/$part/target/launch/classpath" -nt "$args" ] || return 1; done
  read -r first <"$args" && [ "$first" = "# $ROOT $java_home" ]
}

# Makes everything that `java @file` needs; does nothing, and writes nothing, when it is all there.
prepare() {
  all_built && launchable && [ ! -e "$LAUNCH/aot/due" ] && return
  if ! mkdir -p "$LAUNCH" 2>/dev/null || [ ! -w "$LAUNCH" ]; then
    all_built || die "$ROOT needs building and cannot be written: build it where it can, or copy it"
    LAUNCH=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/switchboard/$(printf %s "$ROOT" | cksum | cut -d' ' -f1)
    mkdir -p "$LAUNCH" || die "cannot make the folder $LAUNCH"
    launchable && [ ! -e "$LAUNCH/aot/due" ] && return
  fi
  lock
  if ! all_built || ! launchable; then
    all_built || build
    # A cache is made after the first build, and after later ones not before the second start: editing stays quick.
    if [ -d "$LAUNCH/aot" ]; then touch "$LAUNCH/aot/due"; else rehearse_after=yes; fi
    write_launch_files
  else
    rehearse_after=yes
  fi
  [ -z "${rehearse_after-}" ] || rehearse
  unlock
}

# One launcher at a time. flock's lock also outlives a killed launcher for as long as its Maven runs.
lock() {
  if command -v flock >/dev/null; then
    exec 9>"$LAUNCH/lock"
    flock -n 9 || { say "waiting for another launcher that is building in $ROOT"; flock 9; }
  else
    until mkdir "$LAUNCH/lock.d" 2>/dev/null; do
      kill -0 "$(cat "$LAUNCH/lock.d/pid" 2>/dev/null)" 2>/dev/null || rm -rf "$LAUNCH/lock.d"
      sleep 0.2
    done
    echo $$ >"$LAUNCH/lock.d/pid"
  fi
}

unlock() {
  if command -v flock >/dev/null; then exec 9>&-; else rm -rf "$LAUNCH/lock.d"; fi
}

build() {
  [ "${SWITCHBOARD_BUILD:-auto}" != never ] || die "$needed: not built, or older than the sources, and SWITCHBOARD_BUILD=never; run ./mvnw package -DskipTests"
  local log=$LAUNCH/build.log
  say "building $needed (only when sources are new; the first time Maven fetches what they need)"
  "$ROOT/mvnw" -f "$ROOT/pom.xml" -B -T2 -pl "$needed" -am -Dmaven.test.skip=true package >"$log" 2>&1 </dev/null &
  watch $! "$log" || {
    grep -E '^\[ERROR\]|^[Ss]witchboard|rror:' "$log" | sed 's/^\[ERROR\] //' | grep -v '^ *$' | head -n 12 >&2
    die "the build failed; the whole log is $log"
  }
}

# Waits for a build and shows what it does: a live line on a terminal, a line a module in a pipe. Returns its exit code.
watch() {
  local pid=$1 log=$2 begun=$SECONDS last="" now line=""
  [ -t 2 ] && line=yes
  trap 'kill '"$pid"' 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    now=$(sed -n 's/^\[INFO\] Building \(.*[^ ]\)  *\(\[.*\]\)$/\1 \2/p' "$log" 2>/dev/null | tail -n 1)
    if [ -n "$line" ]; then
      printf '\r\033[Kswitchboard: %s · %d s' "${now:-starting Maven}" $((SECONDS - begun)) >&2
    elif [ "$now" != "$last" ]; then
      say "  $now · $((SECONDS - begun)) s"
      last=$now
    fi
    sleep 0.3
  done
  [ -z "$line" ] || printf '\r\033[K' >&2
  trap - INT TERM
  wait "$pid" || return 1
  say "built in $((SECONDS - begun)) s"
}

# A jar of ours is copied (by rename, only when it differs), a third party's is used where Maven keeps it.
own_copy() {
  local jar=$1 copy=$LAUNCH/jars/${1##*/} module=${1##*/switchboard-}
  module=$ROOT/${module%-"$(version)".jar}/target/${1##*/}
  [ ! -f "$module" ] || jar=$module
  if ! cmp -s "$jar" "$copy"; then cp -p "$jar" "$copy.$$" && mv -f "$copy.$$" "$copy"; fi
  printf %s "$copy"
}

# The class path of a module: its own jar, then what Maven listed, in Maven's order.
module_classpath() {
  local entry path=""
  local IFS=:
  for entry in "$ROOT/$1/target/switchboard-$1-$(version).jar" $(cat "$ROOT/$1/target/launch/classpath"); do
    case ${entry##*/} in
      switchboard-*.jar) entry=$(own_copy "$entry") ;;
    esac
    path=$path:$entry
  done
  printf %s "${path#:}"
}

# Writes the .args files of all commands whose module is built, and a second one for the nodes of a demo.
write_launch_files() {
  mkdir -p "$LAUNCH/jars" "$LAUNCH/aot"
  local name module main role path before=""
  table | while IFS='|' read -r name module main role _; do
    [ -f "$ROOT/$module/target/launch/classpath" ] || continue
    [ "$module" = "$before" ] || path=$(module_classpath "$module")
    before=$module
    write_args "$name" "$role" "$path" "$main"
    [ "$name" != node ] || write_args node-brief brief "$path" "$main"
    [ "$name" != train ] || lay_out_spark "$path"
  done
}

# CLASSPATH: a SPARK_HOME as spark-submit, local-cluster and stand-alone workers want it, of links to the jars in use.
lay_out_spark() {
  local entry home=$LAUNCH/spark
  rm -rf "$home.new" && mkdir -p "$home.new/jars" "$home.new/bin" || return
  local IFS=:
  for entry in $1; do ln -s "$entry" "$home.new/jars/"; done
  unset IFS
  cat >"$home.new/bin/spark-class" <<EOF2
#!/usr/bin/env bash
# spark-class CLASS ARG ...: org.apache.spark.deploy.SparkSubmit, .master.Master, .worker.Worker
export SPARK_HOME=\$(cd "\$(dirname "\$0")/.." && pwd -P) SPARK_SCALA_VERSION=2.13 JAVA_HOME=$java_home
exec "\$JAVA_HOME/bin/java" $VECTOR -Xmx\${SPARK_DRIVER_MEMORY:-2g} -cp "\$SPARK_HOME/jars/*" "\$@"
EOF2
  cat >"$home.new/bin/spark-submit" <<'EOF2'
#!/usr/bin/env bash
exec "$(dirname "$0")/spark-class" org.apache.spark.deploy.SparkSubmit "$@"
EOF2
  chmod +x "$home.new/bin/"*
  rm -rf "$home" && mv "$home.new" "$home"
}

# NAME ROLE CLASSPATH MAIN: one .args file, swapped in by rename.
write_args() {
  local file=$LAUNCH/$1.args cache
  shift
  arguments "$@" >"$file.$$"
  cache=$(cache_of "$1" "$file.$$")
  if [ -s "$cache" ] && [ "${SWITCHBOARD_AOT:-on}" != off ]; then arguments "$@" "-XX:AOTCache=$cache" >"$file.$$"; fi
  mv -f "$file.$$" "$file"
}

# ROLE CLASSPATH MAIN [OPTION...]: what `java @file` reads. The first line says for which folder and JDK it was made.
arguments() {
  local role=$1 path=$2 main=$3 option
  shift 3
  echo "# $ROOT $java_home"
  flags_of "$role" | tr ' ' '\n'
  for option in "-Dswitchboard.home=$ROOT" "-Dswitchboard.version=$(version)" "$@" "-classpath" "$path"; do
    printf '"%s"\n' "$option"
  done
  echo "$main"
}

# ROLE FILE: where the cache for these arguments lies, if there is one.
cache_of() {
  local sum
  sum=$({ cat "$2" "$java_home/release"; tr '":' '\n\n' <"$2" | grep "^$LAUNCH/jars/" | sort | xargs -d '\n' cat; } 2>/dev/null | cksum)
  printf %s "$LAUNCH/aot/$1-${sum%% *}.aot"
}

# Runs a short private cluster once, each JVM recording what it loads and compiles, for the caches of client, router and nodes.
# Whatever goes wrong here costs a slower start and nothing else.
rehearse() {
  local begun=$SECONDS stage=$LAUNCH/rehearsal role file
  rm -rf "$LAUNCH/aot/due" "$stage"
  [ "${SWITCHBOARD_AOT:-on}" != off ] && [ "${SWITCHBOARD_BUILD:-auto}" != never ] || return 0
  [ -f "$LAUNCH/demo.args" ] && [ -f "$LAUNCH/router.args" ] && [ -f "$LAUNCH/node.args" ] || return 0
  [ -f "$ROOT/models/switchboard-mini/config.json" ] || return 0
  mkdir -p "$stage" || return 0
  say "preparing a fast start (once)"
  rehearse_with demo client "$stage"
  rehearse_with router router "$stage"
  rehearse_with node node "$stage"
  rehearse_with node-brief brief "$stage"
  SWITCHBOARD_HOME=$ROOT SWITCHBOARD_JAVA=$java_home/bin/java SWITCHBOARD_LAUNCH=$stage \
    "$java_home/bin/java" "@$stage/demo.args" demo --nodes 2 --prompt 'print("Hello")' --max-tokens 24 --json \
    >"$LAUNCH/rehearsal.log" 2>&1 </dev/null
  while read -r role file; do
    [ -s "$file.new" ] || continue
    find "$LAUNCH/aot" -name "$role-*.aot" -exec rm -f {} +
    mv -f "$file.new" "$file"
  done <"$stage/files"
  rm -rf "$stage"
  write_launch_files
  say "prepared in $((SECONDS - begun)) s"
}

# NAME ROLE STAGE: the launch file NAME of the rehearsal, which writes the role's cache.
rehearse_with() {
  local path main file
  path=$(sed -n '/^"-classpath"$/{n;s/^"\(.*\)"$/\1/p;}' "$LAUNCH/$1.args")
  main=$(tail -n 1 "$LAUNCH/$1.args")
  arguments "$2" "$path" "$main" >"$3/plain"
  file=$(cache_of "$2" "$3/plain")
  echo "$2 $file" >>"$3/files"
  arguments "$2" "$path" "$main" "-XX:AOTCacheOutput=$file.new" "-Dswitchboard.rehearsal=true" >"$3/$1.args"
}
