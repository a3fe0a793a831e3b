package dev.switchboard.k8s;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The cluster's DNS: a file that the JDK's resolver reads anew for each question. */
final class ClusterNames {
  private final Path file;
  private final List<String> lines = new ArrayList<>();

  ClusterNames(Path file) throws IOException {
    this.file = file;
    lines.add("127.0.0.1 localhost " + InetAddress.getLocalHost().getHostName());
    write();
  }

  /** What a JVM needs to ask here. */
  String option() {
    return "-Djdk.net.hosts.file=" + file;
  }

  synchronized void add(String name, String address) {
    lines.add(address + " " + name);
    write();
  }

  synchronized void remove(String name, String address) {
    lines.remove(address + " " + name);
    write();
  }

  private void write() {
    try {
      Path next = Files.write(file.resolveSibling(file.getFileName() + ".new"), lines);
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
