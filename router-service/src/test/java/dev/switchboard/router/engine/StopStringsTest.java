package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void cutsWhereverThePiecesAreCut() {
    record Case(List<String> pieces, List<String> stops, String text, boolean stopped) {}
    List<Case> cases =
        List.of(
            new Case(List.of("hello world"), List.of("world"), "hello ", true),
            new Case(List.of("a", "stop"), List.of("stop"), "a", true),
            new Case(List.of("ab", "c", "de"), List.of("bcd"), "a", true),
            new Case(List.of("ab", "c", "e"), List.of("bcd"), "abce", false),
            new Case(List.of("aaa", "b"), List.of("aab"), "a", true),
            new Case(List.of("abcd"), List.of("bc", "abcd"), "a", true),
            new Case(List.of("xabc"), List.of("bc", "abc"), "x", true),
            new Case(List.of("stop"), List.of("stop"), "", true),
            new Case(List.of("sto"), List.of("stop"), "sto", false),
            new Case(List.of("none"), List.of(), "none", false));
    for (Case c : cases) {
      StopStrings stops = new StopStrings(c.stops());
      assertThat(run(stops, c.pieces())).as("%s", c).isEqualTo(c.text());
      assertThat(stops.stopped()).as("%s", c).isEqualTo(c.stopped());
    }
  }

  @Test
  void letsTextGoAsSoonAsNoStopCanBeginInIt() {
    StopStrings stops = new StopStrings(List.of("\n\n", "END"));
    assertThat(stops.accept("one\n")).isEqualTo("one");
    assertThat(stops.accept("two E")).isEqualTo("\ntwo ");
    assertThat(stops.accept("N")).isEmpty();
    assertThat(stops.accept("x")).isEqualTo("ENx");
    assertThat(stops.finish()).isEmpty();
  }

  @Test
  void nothingComesAfterAStop() {
    StopStrings stops = new StopStrings(List.of("."));
    assertThat(stops.accept("a.b")).isEqualTo("a");
    assertThat(stops.accept("c")).isEmpty();
    assertThat(stops.finish()).isEmpty();
  }

  @Test
  void refusesAnEmptyStop() {
    assertThatThrownBy(() -> new StopStrings(List.of("a", ""))).hasMessageContaining("empty");
  }

  /** Whole equals piecewise, and both equal a search that knows nothing of pieces. */
  @Property(tries = 500)
  void doesNotDependOnThePieces(
      @ForAll("pieces") List<String> pieces, @ForAll("stops") List<String> stops) {
    String whole = String.join("", pieces);
    String expected = reference(whole, stops);
    assertThat(run(new StopStrings(stops), List.of(whole))).isEqualTo(expected);
    assertThat(run(new StopStrings(stops), pieces)).isEqualTo(expected);
  }

  @Provide
  Arbitrary<List<String>> pieces() {
    return Arbitraries.strings().withChars("ab").ofMaxLength(4).list().ofMaxSize(8);
  }

  @Provide
  Arbitrary<List<String>> stops() {
    return Arbitraries.strings().withChars("ab").ofMinLength(1).ofMaxLength(5).list().ofMaxSize(3);
  }

  private static String run(StopStrings stops, List<String> pieces) {
    List<String> out = new ArrayList<>();
    pieces.forEach(piece -> out.add(stops.accept(piece)));
    out.add(stops.finish());
    return String.join("", out);
  }

  private static String reference(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String head = text.substring(0, end);
      int longest = stops.stream().filter(head::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return head.substring(0, end - longest);
      }
    }
    return text;
  }
}
