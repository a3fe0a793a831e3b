package dev.switchboard.cluster.settings;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  // Numbers of four digits at the most: a hostile one cannot take memory.
  private static final Pattern FROM = Pattern.compile("from:(\\d{1,4})");

  private static final Pattern LIST =
      Pattern.compile("\\d{1,4}(-\\d{1,4})?(,\\d{1,4}(-\\d{1,4})?)*");

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

  /**
   * Those of a setting: none for {@code any}; all that this process may use for {@code from:N},
   * beginning with the one of that number among them, round and round; or a list. Empty if it is
   * nothing of these.
   */
  static Optional<List<Integer>> list(String setting) {
    return list(setting, STATUS);
  }

  static Optional<List<Integer>> list(String setting, Path status) {
    if (setting.equals("any")) {
      return Optional.of(List.of());
    }
    Matcher from = FROM.matcher(setting);
    if (from.matches()) {
      return Optional.of(from(Integer.parseInt(from.group(1)), status));
    }
    if (!LIST.matcher(setting).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(parse(setting).stream().boxed().toList()).filter(list -> !list.isEmpty());
    } catch (IndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private static List<Integer> from(int first, Path status) {
    try {
      List<Integer> allowed = new ArrayList<>(allowed(status).stream().boxed().toList());
      if (!allowed.isEmpty()) {
        Collections.rotate(allowed, -(first % allowed.size()));
      }
      return List.copyOf(allowed);
    } catch (IOException | NumberFormatException e) {
      // A system that does not tell does not bind either.
      return List.of();
    }
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
