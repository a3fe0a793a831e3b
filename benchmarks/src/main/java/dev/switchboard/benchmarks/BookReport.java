package dev.switchboard.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code bench book} says: the readings, and whether they are the same. */
record BookReport(BookRun.Readings readings, Machine machine) {
  /**
   * Texts, ids and digests of logits; and the first token behind the book, where it was generated.
   */
  boolean same() {
    return readings.all().stream().allMatch(this::asUndisturbed);
  }

  private boolean asUndisturbed(BookReading other) {
    BookReading whole = readings.all().getFirst();
    if (other.texts().size() != whole.texts().size()
        || !(other.first().isEmpty() || other.first().equals(whole.first()))) {
      return false;
    }
    for (int i = 0; i < whole.texts().size(); i++) {
      if (!other.texts().get(i).isLike(whole.texts().get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether logits were compared in all of them: an answer that was cut has no digest. */
  private boolean digests() {
    return readings.all().stream()
        .flatMap(reading -> reading.texts().stream())
        .noneMatch(answer -> answer.digest().isEmpty());
  }

  private List<String> different() {
    return readings.all().stream()
        .filter(reading -> !asUndisturbed(reading))
        .map(BookReading::name)
        .toList();
  }

  String text() {
    StringBuilder text = new StringBuilder();
    readings.all().forEach(reading -> text.append(reading.text()).append('\n'));
    List<String> names = List.of("greedy", "drawn");
    List<BookAnswer> texts = readings.all().getFirst().texts();
    for (int i = 0; i < texts.size(); i++) {
      text.append("%s: %s%n".formatted(names.get(i), texts.get(i).text().strip()));
    }
    return text.append("state: %.2f MB%n".formatted(readings.stateBytes() * 1e-6))
        .append(
            same()
                ? "all readings gave the same texts and ids"
                    + (digests() ? ", and the same logits" : "")
                : "NOT THE SAME: " + String.join(", ", different()))
        .toString();
  }

  Map<String, @Nullable Object> json(String book) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("book", book);
    json.put("bytes", readings.bookBytes());
    json.put("same", same());
    json.put("logitsCompared", digests());
    json.put("stateBytes", readings.stateBytes());
    json.put("readings", readings.all().stream().map(BookReading::json).toList());
    json.put("machine", machine);
    return json;
  }
}
