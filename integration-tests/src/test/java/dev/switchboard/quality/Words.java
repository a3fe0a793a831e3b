package dev.switchboard.quality;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What must not stand in a tracked file: it would mean nothing to a reader, or to another machine.
 */
final class Words {
  private record Forbidden(String why, Pattern pattern) {}

  private static final List<Forbidden> FORBIDDEN =
      List.of(
          new Forbidden(
              "a path of one machine",
              Pattern.compile("(?<![\\w.$}~*:/-])/(?:work|root|home|Users|mnt)/[\\w.]+")),
          new Forbidden(
              "a path that leads out of the repository",
              Pattern.compile("(?:^|[\\s\"'`(=])(?:\\.\\./)*" + "shar" + "ed/")),
          new Forbidden("a number of someone's list", Pattern.compile("(?i)\\bissue\\s+#?\\d+\\b")),
          new Forbidden("left-over of a merge", Pattern.compile("^(?:<{7}|>{7}) ")));

  private Words() {}

  /** One line an offence: file, line number, why and the line itself. */
  static List<String> complaints(String file, String text) {
    List<String> complaints = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      for (Forbidden forbidden : FORBIDDEN) {
        if (forbidden.pattern().matcher(lines.get(i)).find()) {
          complaints.add(
              "%s:%d: %s: %s".formatted(file, i + 1, forbidden.why(), lines.get(i).strip()));
        }
      }
    }
    return complaints;
  }
}
