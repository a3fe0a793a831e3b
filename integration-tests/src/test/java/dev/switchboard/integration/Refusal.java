package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A command that must refuse: soon, in few words that name what was wrong, without a stack trace.
 */
record Refusal(int exitCode, String message) {
  private static final Duration SOON = Duration.ofSeconds(30);

  static Refusal of(String... arguments) {
    return of(Map.of(), arguments);
  }

  static Refusal of(Map<String, String> environment, String... arguments) {
    try (Launched command =
        Launched.start(arguments[0] + "-refuses", environment, List.of(arguments))) {
      int code = command.exit(SOON);
      Refusal refusal = new Refusal(code, command.err());
      assertThat(code).as(refusal.message).isIn(1, 2);
      assertThat(refusal.message).isNotBlank().doesNotContainPattern("(?m)^\\s+at [\\w.$/]+\\(");
      assertThat(refusal.message.lines().count()).as(refusal.message).isLessThanOrEqualTo(12);
      return refusal;
    }
  }

  Refusal naming(String... words) {
    for (String word : words) {
      assertThat(message).containsIgnoringCase(word);
    }
    return this;
  }
}
