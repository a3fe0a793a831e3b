#!/bin/sh
# Prints the home of a JDK of at least the given major version (default 25). Looks at JAVA_HOME, at the java on the PATH and in
# the usual folders (SWITCHBOARD_JDK_FOLDERS, separated by colons, takes their place); if none is new enough, says on stderr what was looked at and exits 1. Sourced by nobody: run it.
wanted=${1:-25}
seen=""

# The major version that DIR/release states, or nothing: reading a file is 100 times faster than starting a JVM.
major_of() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  sed -n 's/^JAVA_VERSION="\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' "$1/release"
}

try() {
  [ -d "$1" ] || return 1
  found=$(major_of "$1") || { seen="$seen
  $1 (no JDK)"; return 1; }
  if [ "${found:-0}" -ge "$wanted" ]; then printf '%s\n' "$1"; exit 0; fi
  seen="$seen
  $1 (version ${found:-unknown})"
}

[ -n "${JAVA_HOME-}" ] && { try "$JAVA_HOME" || [ -d "$JAVA_HOME" ] || seen="$seen
  $JAVA_HOME (JAVA_HOME: no such folder)"; }
on_path=$(command -v java 2>/dev/null) && on_path=$(readlink -f "$on_path") && try "${on_path%/bin/java}"
if [ -n "${SWITCHBOARD_JDK_FOLDERS-}" ]; then
  IFS=:
  set -f
  set -- $SWITCHBOARD_JDK_FOLDERS
  set +f
  unset IFS
else
  set -- /usr/lib/jvm /usr/java /opt/java /opt "$HOME/.sdkman/candidates/java" "$HOME/.jdks" /Library/Java/JavaVirtualMachines
fi
for place; do
  for folder in "$place" "$place"/*; do
    if [ -d "$folder/Contents/Home" ]; then folder=$folder/Contents/Home; fi
    if [ -x "$folder/bin/java" ]; then try "$folder"; fi
  done
done
echo "Switchboard needs a JDK $wanted or newer and found none. Looked at JAVA_HOME, at the java on the PATH and in the folders $*:${seen:-
  (nothing there)}
Install one (for example Eclipse Temurin $wanted) or set JAVA_HOME." >&2
exit 1
