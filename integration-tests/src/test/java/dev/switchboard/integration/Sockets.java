package dev.switchboard.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The sockets of a process, as Linux shows them below {@code /proc}. */
final class Sockets {
  private static final Pattern INODE = Pattern.compile("socket:\\[(\\d+)]");
  private static final String LISTEN = "0A";

  /**
   * Addresses of the kernel's tables, in its own byte order: 127.0.0.1, ::1 and ::ffff:127.0.0.1.
   */
  private static final Set<String> LOOPBACK =
      Set.of("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F");

  private Sockets() {}

  /** A line of /proc/net: the local address in hexadecimal and the port. */
  record Socket(String table, String address, int port) {
    boolean loopback() {
      return LOOPBACK.contains(address);
    }
  }

  static List<Socket> listening(long pid) {
    List<Socket> sockets = new ArrayList<>(of(pid, "tcp", LISTEN));
    sockets.addAll(of(pid, "tcp6", LISTEN));
    return sockets;
  }

  static List<Socket> datagram(long pid) {
    List<Socket> sockets = new ArrayList<>(of(pid, "udp", ""));
    sockets.addAll(of(pid, "udp6", ""));
    return sockets;
  }

  private static List<Socket> of(long pid, String table, String state) {
    Set<String> inodes = inodes(pid);
    return lines(Path.of("/proc", Long.toString(pid), "net", table)).stream()
        .skip(1)
        .map(line -> line.strip().split("\\s+"))
        .filter(fields -> state.isEmpty() || fields[3].equals(state))
        .filter(fields -> inodes.contains(fields[9]))
        .map(fields -> socket(table, fields[1]))
        .toList();
  }

  private static Socket socket(String table, String local) {
    String[] parts = local.toUpperCase(Locale.ROOT).split(":");
    return new Socket(table, parts[0], Integer.parseInt(parts[1], 16));
  }

  private static Set<String> inodes(long pid) {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
      for (Path descriptor : descriptors.toList()) {
        Matcher matcher = INODE.matcher(target(descriptor));
        if (matcher.matches()) {
          inodes.add(matcher.group(1));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return inodes;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
