package dev.switchboard.integration;

import dev.switchboard.integration.TestCluster.Shape;

/**
 * A cluster that tests share because none of them disturbs it; it ends with the JVM of the tests.
 */
final class Shared {
  private static final TestCluster TWO_NODES = start();

  private Shared() {}

  private static TestCluster start() {
    TestCluster cluster = TestCluster.start(Shape.of(Models.ffn(), 2));
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("end-shared").unstarted(cluster::close));
    return cluster;
  }

  /** A router and two nodes with one replica of each expert of {@link Models#ffn}. */
  static TestCluster twoNodes() {
    return TWO_NODES;
  }
}
