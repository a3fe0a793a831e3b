package dev.switchboard.client.chaos;

/**
 * What happens to bytes on a wire, in one direction.
 *
 * @param cut nothing passes; it passes when this is over
 * @param lossPermille of segments that come only after their repetition
 * @param corruptPermille of messages of some size in which a bit changes
 * @param resets whether the next message ends the connection in its middle
 */
record Weather(boolean cut, int lossPermille, int corruptPermille, boolean resets) {
  static final Weather FAIR = new Weather(false, 0, 0, false);
  static final Weather CUT = new Weather(true, 0, 0, false);
  static final Weather RESETTING = new Weather(false, 0, 0, true);

  static Weather losing(int permille) {
    return new Weather(false, permille, 0, false);
  }

  static Weather corrupting(int permille) {
    return new Weather(false, 0, permille, false);
  }
}
