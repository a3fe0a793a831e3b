package dev.switchboard.cluster.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text to typed values and back. What cannot be read throws {@link IllegalArgumentException} saying
 * what was expected.
 */
final class Values {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,15})\\s*(ms|s|m|h)");
  private static final Pattern BYTES = Pattern.compile("(\\d{1,18})\\s*(B|KiB|MiB|GiB|TiB)?");
  private static final List<String> BYTE_UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

  private Values() {}

  static int integer(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("expected a whole number", e);
    }
  }

  static boolean bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on" -> true;
      case "false", "no", "off" -> false;
      default -> throw new IllegalArgumentException("expected true or false");
    };
  }

  static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("expected a time with its unit, like 250ms, 2s, 5m or 1h");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }

  static long bytes(String text) {
    Matcher matcher = BYTES.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "expected a number of bytes, like 65536, 64KiB, 16MiB or 1GiB");
    }
    String unit = matcher.group(2) == null ? "B" : matcher.group(2);
    try {
      return Math.multiplyExact(
          Long.parseLong(matcher.group(1)), 1L << (10 * BYTE_UNITS.indexOf(unit)));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("expected at most 8191PiB", e);
    }
  }

  static Optional<Path> path(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
  }

  static List<String> list(String text) {
    return Arrays.stream(text.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  /** Checks {@code host:port} (IPv6 addresses in brackets). */
  static void requireAddress(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    boolean bareIpv6 = host.indexOf(':') >= 0 && !(host.startsWith("[") && host.endsWith("]"));
    if (host.isEmpty() || bareIpv6 || !text.substring(colon + 1).matches("\\d{1,5}")) {
      throw new IllegalArgumentException("expected host:port, found \"" + text + "\"");
    }
    int port = Integer.parseInt(text.substring(colon + 1));
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("expected a port of 1 to 65535, found " + port);
    }
  }

  static String show(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0 || millis == 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }
}
