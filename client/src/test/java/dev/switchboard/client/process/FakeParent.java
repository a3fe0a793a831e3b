package dev.switchboard.client.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Starts a private cluster from the launch files in args[0], prints the children's pids and waits
 * to be killed.
 */
public final class FakeParent {
  private FakeParent() {}

  public static void main(String[] args) throws InterruptedException {
    LaunchFiles files = new LaunchFiles(Path.of(args[1]), Path.of(args[0]));
    ClusterSpec spec = new ClusterSpec(2, 1, Optional.empty(), Optional.empty());
    PrivateCluster cluster =
        PrivateCluster.start(spec, files, Duration.ofSeconds(60), PrivateCluster.Stop.KILL);
    System.out.println(cluster.routerPid());
    cluster.nodePids().forEach(System.out::println);
    System.out.println("logs " + cluster.logs());
    Thread.currentThread().join();
  }
}
