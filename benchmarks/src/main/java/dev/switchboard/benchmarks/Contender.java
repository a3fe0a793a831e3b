package dev.switchboard.benchmarks;

/** One of several that run side by side and are measured by turns. */
interface Contender extends AutoCloseable {
  /** Tokens a second of a prompt that has not been read before. */
  double promptSpeed();

  /**
   * Generated tokens a second of all streams together.
   *
   * @param run which of the ids are read; the same ones for all contenders
   */
  double generateSpeed(int run);

  /** Of the processes that compute and of this one, which asks. */
  CompilerTime compilers();

  @Override
  void close();
}
