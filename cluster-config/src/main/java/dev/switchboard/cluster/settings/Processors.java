package dev.switchboard.cluster.settings;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/**
 * How many threads a process computes with by default: the processors that it may use, but of one
 * NUMA node at the most. Threads of several nodes would read half of the weights through the link
 * between them; a process for each node (bound to it, as {@code numactl --cpunodebind=N
 * --membind=N} does) reads all of them from its own memory.
 */
final class Processors {
  private static final Path NODES = Path.of("/sys/devices/system/node");
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String ALLOWED = "Cpus_allowed_list:";

  private static final int DEFAULT =
      ofOneNode(Runtime.getRuntime().availableProcessors(), NODES, STATUS);

  private Processors() {}

  /** Threads for a setting: 0 means as many as there are processors for them. */
  static int threads(int setting) {
    return setting == 0 ? DEFAULT : setting;
  }

  /**
   * @param available what the JVM may use; it knows the control group's limit
   * @param nodes folder with a folder {@code nodeN} for each NUMA node, if the system has it
   * @param status names the processors that this process may use, if the system has it
   */
  static int ofOneNode(int available, Path nodes, Path status) {
    int most = 0;
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(nodes, "node[0-9]*")) {
      BitSet allowed = allowed(status);
      for (Path folder : folders) {
        BitSet here = parse(Files.readString(folder.resolve("cpulist")));
        if (!allowed.isEmpty()) {
          here.and(allowed);
        }
        most = Math.max(most, here.cardinality());
      }
    } catch (IOException | NumberFormatException e) {
      // A system that does not tell is taken for one without NUMA nodes.
      return available;
    }
    return most == 0 ? available : Math.min(available, most);
  }

  private static BitSet allowed(Path status) throws IOException {
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith(ALLOWED)) {
        return parse(line.substring(ALLOWED.length()));
      }
    }
    return new BitSet();
  }

  /** A list as the kernel writes it: {@code 0-3,8,10-11}. */
  private static BitSet parse(String list) {
    BitSet set = new BitSet();
    for (String range : list.strip().split(",")) {
      String[] ends = range.strip().split("-");
      if (!ends[0].isEmpty()) {
        set.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
      }
    }
    return set;
  }
}
