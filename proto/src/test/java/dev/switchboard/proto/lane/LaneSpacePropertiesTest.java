package dev.switchboard.proto.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class LaneSpacePropertiesTest {
  private static final long BYTES = 4096;

  private record Part(long at, long length) {}

  /** Positive numbers take so many bytes, others give back one of what is taken. */
  @Property
  void partsNeverOverlap(
      @ForAll @Size(max = 60) List<@IntRange(min = -50, max = 900) Integer> steps) {
    LaneSpace space = new LaneSpace(BYTES);
    List<Part> parts = new ArrayList<>();
    for (int step : steps) {
      if (step <= 0 && !parts.isEmpty()) {
        space.give(parts.remove(-step % parts.size()).at());
      } else if (step > 0) {
        long at = space.take(step);
        if (at >= 0) {
          Part part = new Part(at, step);
          assertThat(at + step).isLessThanOrEqualTo(BYTES);
          assertThat(parts).noneMatch(p -> p.at() < at + part.length() && at < p.at() + p.length());
          parts.add(part);
        }
      }
    }
    parts.forEach(part -> space.give(part.at()));
    assertThat(space.take(BYTES)).isZero();
  }

  @Example
  void whatIsFullGivesNothing() {
    LaneSpace space = new LaneSpace(BYTES);
    assertThat(space.take(BYTES)).isZero();
    assertThat(space.take(1)).isEqualTo(-1);
    assertThatThrownBy(() -> space.give(64)).hasMessageContaining("nothing was taken at 64");
  }
}
