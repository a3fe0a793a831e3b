package dev.switchboard.training.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class FixedPointTest {
  @Property
  void roundsToTheNearestUnit(@ForAll @DoubleRange(min = -1000, max = 1000) double value) {
    assertThat(FixedPoint.toDouble(FixedPoint.of(value))).isCloseTo(value, within(1e-12));
  }

  @Test
  void tiesGoToEven() {
    assertThat(FixedPoint.of(0.5 * 0x1p-40)).isZero();
    assertThat(FixedPoint.of(1.5 * 0x1p-40)).isEqualTo(2);
    assertThat(FixedPoint.of(-2.5 * 0x1p-40)).isEqualTo(-2);
  }

  @Test
  void refusesWhatCannotBeSummed() {
    assertThatThrownBy(() -> FixedPoint.of(Double.NaN)).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> FixedPoint.of(1e9)).hasMessageContaining("1.0E9");
    assertThatThrownBy(() -> FixedPoint.add(new long[2], new long[3]))
        .hasMessage("2 sums and 3 summands");
  }
}
