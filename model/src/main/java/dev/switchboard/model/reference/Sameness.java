package dev.switchboard.model.reference;

import java.util.List;
import java.util.Optional;

/** Whether all of one kind are equal, and where they were not first. */
final class Sameness {
  private final String kind;
  private final List<String> notes;
  private boolean compared;
  private boolean same = true;

  Sameness(String kind, List<String> notes) {
    this.kind = kind;
    this.notes = notes;
  }

  void compare(String where, Object expected, Object found) {
    compared = true;
    if (!expected.equals(found)) {
      if (same) {
        notes.add("%s: %s of %s, expected %s".formatted(kind, found, where, expected));
      }
      same = false;
    }
  }

  boolean same() {
    return same;
  }

  /** Empty if nothing was compared. */
  Optional<Boolean> result() {
    return compared ? Optional.of(same) : Optional.empty();
  }
}
