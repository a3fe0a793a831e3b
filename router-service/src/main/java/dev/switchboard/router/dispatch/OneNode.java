package dev.switchboard.router.dispatch;

/** As if there were no other node than this one, which has every expert. */
record OneNode(int number) implements Replicas {
  @Override
  public int[] nodes(int expert) {
    return new int[] {number};
  }

  @Override
  public long outstandingRows(int node) {
    return 0;
  }
}
