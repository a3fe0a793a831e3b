#!/bin/sh
# build-native.sh OUTPUT_FOLDER: compiles the native kernels into OUTPUT_FOLDER/linux-x86_64 if there is a C compiler for
# this platform; otherwise what is there (the prebuilt library) stays. Compiled once for the same sources: the result is kept
# in model/target/native. --prebuilt: replaces the library that is kept in the repository.
set -e
cd "$(dirname "$0")/../model"
sources=src/main/native
name=libswitchboard-kernels.so
platform=linux-x86_64
[ "$1" = --prebuilt ] && set -- src/main/resources/native
to=${1:?output folder}/$platform

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || { echo "no native kernels for $(uname -s) $(uname -m)"; exit 0; }
for cc in "${CC:-cc}" gcc clang; do
  command -v "$cc" >/dev/null 2>&1 && break
  cc=""
done
[ -n "$cc" ] || { echo "no C compiler: the prebuilt native kernels are used"; exit 0; }

digest=$(cd $sources && LC_ALL=C ls ./*.c ./*.h | LC_ALL=C sort | xargs cat | sha256sum | cut -d' ' -f1)
kept=target/native/$digest
if [ ! -f "$kept/$name" ]; then
  made=$(mktemp -d)
  trap 'rm -rf "$made"' EXIT
  # No -march=native and no -ffast-math: one library for all processors, and the bits of the Java kernels.
  flags="-O2 -std=gnu11 -fPIC -fvisibility=hidden -ffp-contract=off -Wall -Wextra"
  avx2="-mavx2 -mfma -mf16c"
  avx512="-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -mf16c"
  running=""
  compile() { # source file, flags
    file=$1; shift
    "$cc" $flags "$@" -c "$sources/$file.c" -o "$made/$file.o" &
    running="$running $!"
  }
  compile form_avx512 $avx512
  compile form_avx2 $avx2
  compile form_avxvnni $avx2 -mavxvnni
  compile bf16 $avx512 -mavx512bf16
  compile features
  compile api "-DSOURCE_DIGEST=\"$digest\""
  for job in $running; do
    wait "$job" || failed=yes
  done
  [ -z "$failed" ] && "$cc" -shared -s -o "$made/$name" "$made"/*.o || {
    echo "$cc cannot compile the native kernels: the prebuilt ones are used"; exit 0; }
  mkdir -p "$kept"
  mv "$made/$name" "$kept/$name.$$" && mv "$kept/$name.$$" "$kept/$name"
fi
mkdir -p "$to"
cmp -s "$kept/$name" "$to/$name" || { cp "$kept/$name" "$to/$name.$$" && mv "$to/$name.$$" "$to/$name"; }
