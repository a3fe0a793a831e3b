package dev.switchboard.client.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What the option groups share. */
final class Options {
  private Options() {}

  /** Wrong usage (exit code 2) with this message. */
  static ParameterException wrong(@Nullable CommandSpec spec, String message) {
    return new ParameterException(
        Objects.requireNonNull(spec, "picocli sets the spec").root().commandLine(), message);
  }

  static void atLeast(@Nullable CommandSpec spec, String option, long value, long least) {
    if (value < least) {
      throw wrong(spec, option + " " + value + ": expected " + least + " or more");
    }
  }

  /** Whether the value lies in [least, most]; NaN lies nowhere. */
  static void within(
      @Nullable CommandSpec spec, String option, float value, float least, float most) {
    if (!(value >= least && value <= most)) {
      String upTo = most == Float.MAX_VALUE ? " or more" : " to " + most;
      throw wrong(spec, option + " " + value + ": expected " + least + upTo);
    }
  }
}
