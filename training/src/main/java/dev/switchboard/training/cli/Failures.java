package dev.switchboard.training.cli;

import java.nio.file.NoSuchFileException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What a user reads when something went wrong. */
final class Failures {
  private Failures() {}

  /** A value that makes no sense is wrong usage, not a failure. */
  static <T> T checked(@Nullable CommandSpec command, Supplier<T> settings) {
    try {
      return settings.get();
    } catch (IllegalArgumentException e) {
      if (command == null) {
        throw e;
      }
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  static String message(Throwable error) {
    if (error instanceof NoSuchFileException missing) {
      String reason = missing.getReason() == null ? "no such file" : missing.getReason();
      return reason + ": " + missing.getFile();
    }
    String message = error.getMessage();
    if (message == null || message.isBlank()) {
      return error.getClass().getSimpleName();
    }
    return message.lines().findFirst().orElse(message); // Spark puts a stack trace behind it
  }
}
