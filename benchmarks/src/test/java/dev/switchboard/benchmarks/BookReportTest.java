package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.benchmarks.BookReading.Look;
import dev.switchboard.benchmarks.BookReading.Resumed;
import dev.switchboard.proto.v1.SessionPlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BookReportTest {
  @TempDir Path folder;

  private static BookAnswer answer(int id, String digest) {
    return new BookAnswer("t" + id, List.of(id), digest, SessionPlace.getDefaultInstance(), 0, 7);
  }

  private static BookReading reading(String name, int first, BookAnswer... texts) {
    List<Look> curve =
        List.of(new Look(500, 1_000_000_000, 9, 8, 7), new Look(2000, 2L << 30, 5, 8, 7));
    return new BookReading(
        name,
        2000,
        4_000_000_000L,
        curve,
        first < 0 ? List.of() : List.of(first),
        first == 0
            ? Optional.empty()
            : Optional.of(
                new Resumed(1100, SessionPlace.newBuilder().setStateTokens(1024).build(), 3)),
        0,
        List.of(texts));
  }

  private static BookReport report(BookReading... readings) {
    var machine = new Machine("p", 2, "vector", "25", "Linux");
    return new BookReport(new BookRun.Readings(List.of(readings), 100, 50), machine);
  }

  @Test
  void theSameTextsOfAllReadingsAreTheSame() {
    BookReport report =
        report(
            reading("undisturbed", 0, answer(1, "a"), answer(2, "b")),
            reading("loaded", -1, answer(1, "a"), answer(2, "b")));
    assertThat(report.same()).isTrue();
    assertThat(report.text()).contains("2,000 tokens in 4.0 s (500 tokens/s)", "t1", "t2");
    assertThat(report.json("b.txt")).containsEntry("same", true).containsEntry("bytes", 100L);
  }

  @Test
  void anotherTokenOrAnotherDigestIsNamed() {
    BookReading whole = reading("undisturbed", 0, answer(1, "a"), answer(2, "b"));
    assertThat(report(whole, reading("killed", 0, answer(1, "a"), answer(2, "c"))).text())
        .contains("NOT THE SAME: killed");
    assertThat(report(whole, reading("killed", 0, answer(3, "a"), answer(2, "b"))).same())
        .isFalse();
    assertThat(report(whole, reading("killed", 5, answer(1, "a"), answer(2, "b"))).same())
        .isFalse();
    assertThat(report(whole, reading("killed", 0, answer(1, "a"))).same()).isFalse();
    BookReport cut = report(whole, reading("killed", 0, answer(1, ""), answer(2, "b")));
    assertThat(cut.same()).isTrue();
    assertThat(cut.text()).contains("the same texts and ids").doesNotContain("logits");
  }

  @Test
  void whereTheOtherRouterWentOnIsSaid() {
    BookReading reading = reading("killed", 3, answer(1, "a"));
    assertThat(reading.text())
        .contains("router killed behind 1,100, the other went on behind 1,024");
    assertThat(reading.json())
        .containsEntry("killedAtTokens", 1100L)
        .containsEntry("mostRouterBytes", 9L);
  }

  @Test
  void aBeginningEndsWithAWord() throws IOException {
    Path book = Files.writeString(folder.resolve("b"), "In the beginning é God");
    assertThat(Files.readString(BookText.beginning(book, 10, folder))).isEqualTo("In the ");
    assertThat(Files.readString(BookText.beginning(book, 18, folder)))
        .isEqualTo("In the beginning ");
    assertThat(Files.readString(BookText.beginning(book, 1000, folder)))
        .isEqualTo("In the beginning é God");
    assertThatThrownBy(() -> BookText.beginning(book, 1, folder))
        .hasMessageContaining("white space");
  }
}
