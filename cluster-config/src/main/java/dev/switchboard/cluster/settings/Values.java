package dev.switchboard.cluster.settings;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Text to typed values and back. What cannot be read throws {@link IllegalArgumentException} saying
 * what was expected.
 */
final class Values {
  private static final int MAX_PORT = 65535;

  private Values() {}

  static String text(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("expected some text");
    }
    return text;
  }

  static int integer(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("expected a whole number", e);
    }
  }

  static boolean flag(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on" -> true;
      case "false", "no", "off" -> false;
      default -> throw new IllegalArgumentException("expected true or false");
    };
  }

  static Duration time(String text) {
    int digits = digits(text);
    try {
      long amount = Long.parseLong(text.substring(0, digits));
      return switch (text.substring(digits).strip()) {
        case "ms" -> Duration.ofMillis(amount);
        case "s" -> Duration.ofSeconds(amount);
        case "m" -> Duration.ofMinutes(amount);
        case "h" -> Duration.ofHours(amount);
        default -> throw new NumberFormatException("no unit");
      };
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "expected a time with its unit, like 250ms, 2s, 5m or 1h", e);
    }
  }

  static long bytes(String text) {
    int digits = digits(text);
    try {
      long amount = Long.parseLong(text.substring(0, digits));
      long unit =
          switch (text.substring(digits).strip()) {
            case "", "B" -> 1;
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            case "GiB" -> 1L << 30;
            case "TiB" -> 1L << 40;
            default -> throw new NumberFormatException("unknown unit");
          };
      return Math.multiplyExact(amount, unit);
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "expected a number of bytes, like 65536, 64KiB, 16MiB or 1GiB", e);
    }
  }

  static Optional<Path> path(String text) {
    try {
      return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("expected a path", e);
    }
  }

  static List<String> addresses(String text) {
    List<String> values =
        Stream.of(text.split(",", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
    values.forEach(Values::requireAddress);
    return values;
  }

  /** Checks {@code host:port} (IPv6 addresses in brackets). */
  private static void requireAddress(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    boolean bareIpv6 = host.indexOf(':') >= 0 && !(host.startsWith("[") && host.endsWith("]"));
    String port = text.substring(colon + 1);
    boolean possible = !port.isEmpty() && port.length() <= 5 && digits(port) == port.length();
    if (host.isEmpty() || bareIpv6 || !possible) {
      throw new IllegalArgumentException("expected host:port, found \"" + text + "\"");
    }
    if (Integer.parseInt(port) < 1 || Integer.parseInt(port) > MAX_PORT) {
      throw new IllegalArgumentException("expected a port of 1 to 65535, found " + port);
    }
  }

  private static int digits(String text) {
    int digits = 0;
    while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
      digits++;
    }
    return digits;
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
