package dev.switchboard.model.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.reference.PairedBootstrap.Found;
import dev.switchboard.model.reference.PairedBootstrap.Pair;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PairedBootstrapTest {
  @Test
  void aGainThatAllDocumentsShareIsCertain() {
    List<Pair> documents =
        new SplittableRandom(5)
            .ints(40, 100, 5000)
            .mapToObj(bytes -> new Pair(bytes, 1.5 * bytes, 1.44 * bytes))
            .toList();
    Found found = new PairedBootstrap(List.of(documents)).run(500, 1);
    assertThat(found.before()).isCloseTo(1.5, within(1e-9));
    assertThat(found.gain()).isCloseTo(0.04, within(1e-9));
    assertThat(found.low()).isCloseTo(0.04, within(1e-9));
    assertThat(found.high()).isCloseTo(0.04, within(1e-9));
    assertThat(found.better()).isEqualTo(1);
  }

  @Test
  void noiseAloneIsNoGain() {
    SplittableRandom random = new SplittableRandom(6);
    List<Pair> documents =
        Stream.generate(() ->
                new Pair(
                    1000,
                    1500 + 50 * random.nextDouble(-1, 1),
                    1500 + 50 * random.nextDouble(-1, 1)))
            .limit(100)
            .toList();
    Found found = new PairedBootstrap(List.of(documents)).run(2000, 1);
    assertThat(found.low()).isNegative();
    assertThat(found.high()).isPositive();
    assertThat(found.better()).isBetween(0.01, 0.99);
    // The mean of 100 differences: uniform noise of +-50 twice, so a deviation of 4.1 bits.
    assertThat(found.high() - found.low()).isBetween(0.6 * 4 * 4.1 / 1500, 1.4 * 4 * 4.1 / 1500);
  }

  @Test
  void domainsCountTheSameWhateverTheirSize() {
    List<Pair> large = List.of(new Pair(1_000_000, 1_000_000, 1_000_000));
    List<Pair> small = List.of(new Pair(10, 30, 10));
    Found found = new PairedBootstrap(List.of(large, small)).run(10, 1);
    assertThat(found.before()).isCloseTo(2, within(1e-9));
    assertThat(found.after()).isCloseTo(1, within(1e-9));
  }

  @Test
  void theSeedDecides() {
    List<Pair> documents =
        List.of(
            new Pair(10, 20, 21), new Pair(10, 20, 12), new Pair(30, 20, 26), new Pair(9, 9, 8));
    PairedBootstrap bootstrap = new PairedBootstrap(List.of(documents, documents));
    assertThat(bootstrap.run(100, 7)).isEqualTo(bootstrap.run(100, 7));
    assertThat(bootstrap.run(100, 7)).isNotEqualTo(bootstrap.run(100, 8));
  }

  @Test
  void whatCannotBeComparedIsRefused() {
    assertThatThrownBy(() -> new PairedBootstrap(List.of(List.of())))
        .hasMessageContaining("without documents");
    assertThatThrownBy(() -> new Pair(0, 1, 1)).hasMessageContaining("0 bytes");
    assertThatThrownBy(() -> new Pair(1, Double.NaN, 1)).hasMessageContaining("NaN");
  }
}
