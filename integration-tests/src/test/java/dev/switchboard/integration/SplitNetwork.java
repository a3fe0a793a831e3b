package dev.switchboard.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Two network namespaces on one bridge, which can be cut from each other while this process reaches
 * both. Needs the right to make them; removed with their end.
 */
final class SplitNetwork implements AutoCloseable {
  private static final String NET = "10.213.77.";

  private final String id = Long.toString(ProcessHandle.current().pid() % 100_000);
  private final String bridge = "sb" + id;

  private SplitNetwork() {}

  /** Whether this process may make such a network. */
  static boolean possible() {
    try (SplitNetwork tried = new SplitNetwork()) {
      tried.build();
      return true;
    } catch (IllegalStateException | UncheckedIOException refused) {
      return false;
    }
  }

  static SplitNetwork open() {
    SplitNetwork network = new SplitNetwork();
    try {
      network.build();
      return network;
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  private void build() {
    run("ip", "link", "add", bridge, "type", "bridge");
    run("ip", "addr", "add", NET + "1/24", "dev", bridge);
    run("ip", "link", "set", bridge, "up");
    for (int half = 0; half < 2; half++) {
      run("ip", "netns", "add", space(half));
      run("ip", "link", "add", port(half), "type", "veth", "peer", "name", inner(half));
      run("ip", "link", "set", inner(half), "netns", space(half));
      run("ip", "link", "set", port(half), "master", bridge);
      run("ip", "link", "set", port(half), "up");
      inside(half, "ip", "addr", "add", address(half) + "/24", "dev", inner(half));
      inside(half, "ip", "link", "set", inner(half), "up");
      inside(half, "ip", "link", "set", "lo", "up");
    }
    joined(true);
  }

  private void inside(int half, String... command) {
    List<String> all = new ArrayList<>(under(half));
    all.addAll(List.of(command));
    run(all.toArray(String[]::new));
  }

  /** What runs a command in one half. */
  List<String> under(int half) {
    return List.of("ip", "netns", "exec", space(half));
  }

  String address(int half) {
    return NET + (2 + half);
  }

  /** Whether packets go from one half to the other. */
  void joined(boolean together) {
    for (int half = 0; half < 2; half++) {
      run("bridge", "link", "set", "dev", port(half), "isolated", together ? "off" : "on");
    }
  }

  private String space(int half) {
    return bridge + "-" + half;
  }

  private String port(int half) {
    return "sbp" + id + half;
  }

  private String inner(int half) {
    return "sbi" + id + half;
  }

  private static void run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + said.strip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void tryTo(String... command) {
    try {
      run(command);
    } catch (IllegalStateException | UncheckedIOException notThere) {
      // It was not made, or is gone with another.
    }
  }

  @Override
  public void close() {
    for (int half = 0; half < 2; half++) {
      tryTo("ip", "netns", "del", space(half));
      tryTo("ip", "link", "del", port(half));
    }
    tryTo("ip", "link", "del", bridge);
  }
}
