package dev.switchboard.cluster.settings;

import dev.switchboard.cluster.state.StateKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What the grid keeps of sessions: the keys of section {@code grid} that begin with {@code state},
 * and {@code snapshotBytes}.
 *
 * @param stateKey encrypts every value; without it nothing is kept
 * @param stateTtl how long a session is kept that nobody uses
 * @param stateBytes of all values that one router holds, copies of others' included
 * @param snapshotBytes of one sequence's snapshot, and of one session's tokens
 */
public record StateSettings(
    Optional<StateKey> stateKey, Duration stateTtl, long stateBytes, long snapshotBytes) {
  private static final String NONE = "none";
  private static final String FILE = "file:";
  private static final long MOST_KEY_FILE_BYTES = 4096;

  public StateSettings {
    Contradictions.require(
        snapshotBytes <= stateBytes,
        "grid.snapshotBytes (%d) is larger than grid.stateBytes (%d): no such snapshot could be kept",
        snapshotBytes,
        stateBytes);
  }

  /** The same with another key. */
  public StateSettings withKey(StateKey other) {
    return new StateSettings(Optional.of(other), stateTtl, stateBytes, snapshotBytes);
  }

  static Section describe(Section section) {
    return section
        .text(
            "stateKey",
            NONE,
            "Secret that what routers keep of sessions is encrypted with: 64 hexadecimal digits, or `file:PATH` of a file"
                + " that holds them (`openssl rand -hex 32`); the same for all processes. `none`: no sessions, unless the"
                + " router has no grid.")
        .time(
            "stateTtl",
            "24h",
            "1s",
            "8760h",
            "How long a session is kept that nobody uses; the same for all processes.")
        .bytes(
            "stateBytes",
            "512MiB",
            "1MiB",
            "64TiB",
            "Memory of one router for what is kept of sessions, copies of other routers' included; beyond it what was"
                + " unused longest goes.")
        .bytes(
            "snapshotBytes",
            "128MiB",
            "1KiB",
            "2047MiB",
            "Largest snapshot of a sequence that is kept; of a session with a larger one the text is kept, and read again"
                + " where it goes on.");
  }

  static StateSettings of(Chosen chosen) {
    return new StateSettings(
        key(chosen.text("stateKey")),
        chosen.time("stateTtl"),
        chosen.bytes("stateBytes"),
        chosen.bytes("snapshotBytes"));
  }

  private static Optional<StateKey> key(String given) {
    if (given.equals(NONE)) {
      return Optional.empty();
    }
    try {
      return Optional.of(StateKey.of(given.startsWith(FILE) ? read(given) : given));
    } catch (IllegalArgumentException e) {
      String where = given.startsWith(FILE) ? given.substring(FILE.length()) + ": " : "";
      throw new SettingsException(
          "grid.stateKey: %s%s; give none, 64 hexadecimal digits, or file:PATH"
              .formatted(where, e.getMessage()));
    }
  }

  private static String read(String given) {
    Path file = Path.of(given.substring(FILE.length()));
    try {
      if (Files.size(file) > MOST_KEY_FILE_BYTES) {
        throw new IllegalArgumentException("the file is too large for a key");
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalArgumentException("the file cannot be read (%s)".formatted(e), e);
    }
  }
}
