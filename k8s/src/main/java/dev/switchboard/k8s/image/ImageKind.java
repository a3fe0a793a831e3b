package dev.switchboard.k8s.image;

import java.util.List;

/** What an image holds. */
enum ImageKind {
  ROUTER("router", "router-service", List.of(7070, 7071, 9464)),
  NODE("node", "expert-node", List.of(7400, 7071, 9464));

  private final String command;
  private final String module;
  private final List<Integer> ports;

  ImageKind(String command, String module, List<Integer> ports) {
    this.command = command;
    this.module = module;
    this.ports = ports;
  }

  /** The command of the front door; also the role whose JVM flags it has. */
  String command() {
    return command;
  }

  /** The module whose class path it needs. */
  String module() {
    return module;
  }

  List<Integer> ports() {
    return ports;
  }

  static ImageKind of(String command) {
    for (ImageKind kind : values()) {
      if (kind.command.equals(command)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "no image is called \"%s\"; expected router or node".formatted(command));
  }
}
