package dev.switchboard.client.cli;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Messages for what goes wrong with files. */
final class Failures {
  private Failures() {}

  static CommandException reading(Path file, IOException e) {
    String why = e instanceof NoSuchFileException ? "no such file" : e.toString();
    return new CommandException("cannot read " + file + ": " + why, e);
  }
}
