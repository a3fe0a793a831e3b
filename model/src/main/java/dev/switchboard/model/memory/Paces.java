package dev.switchboard.model.memory;

/** Where {@link Pace} keeps whose it is. */
final class Paces {
  static final ScopedValue<Pace> CURRENT = ScopedValue.newInstance();

  private Paces() {}
}
