package dev.switchboard.cluster.hazelcast;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Which addresses a process listens on, as Linux lists them. */
final class ListeningSockets {
  private static final String LISTEN = "0A";
  private static final Set<String> LOOPBACK =
      Set.of("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000");

  private ListeningSockets() {}

  /** {@code address:port} in hexadecimal of all listening TCP and all UDP sockets of a process. */
  static List<String> of(long pid) {
    Path folder = Path.of("/proc", String.valueOf(pid));
    Set<String> inodes = inodes(folder.resolve("fd"));
    List<String> found = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      for (String[] row : rows(folder.resolve("net").resolve(table))) {
        boolean listens = table.startsWith("udp") || row[3].equals(LISTEN);
        if (listens && inodes.contains(row[9])) {
          found.add(row[1]);
        }
      }
    }
    return found;
  }

  static boolean isLoopback(String addressAndPort) {
    return LOOPBACK.contains(addressAndPort.substring(0, addressAndPort.indexOf(':')));
  }

  private static List<String[]> rows(Path table) {
    try {
      return Files.readAllLines(table).stream()
          .skip(1)
          .map(line -> line.strip().split("\\s+"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> inodes(Path descriptors) {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> links = Files.list(descriptors)) {
      for (Path link : links.toList()) {
        String target = readLink(link);
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return inodes;
  }

  /** A descriptor may be closed between listing and reading. */
  private static String readLink(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "";
    }
  }
}
