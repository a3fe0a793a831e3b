package dev.switchboard.model.crew;

/** What a crew does together, cut into pieces that may run in any order, at once, on any worker. */
@FunctionalInterface
public interface Work {
  /**
   * Does one piece. Must not call {@link Crew#run}.
   *
   * @param worker who does it: 0 is the leader
   */
  void piece(int piece, int worker);
}
