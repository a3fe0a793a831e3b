package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.Placement;
import java.util.List;
import org.junit.jupiter.api.Test;

class LargerSequenceTest {
  private static final byte[] OLD = placement(4, "a");
  private static final byte[] NEW = placement(5, "b");

  @Test
  void theLargerEpochStaysWhicheverSideItComesFrom() {
    assertThat(LargerSequence.larger(OLD, NEW)).isSameAs(NEW);
    assertThat(LargerSequence.larger(NEW, OLD)).isSameAs(NEW);
  }

  @Test
  void ofTheSameEpochTheLargerHalfsStays() {
    byte[] other = placement(5, "c");
    assertThat(LargerSequence.larger(other, NEW)).isSameAs(NEW);
  }

  @Test
  void whatOnlyOneSideHasStaysAndNoiseGivesWay() {
    assertThat(LargerSequence.larger(OLD, null)).isSameAs(OLD);
    assertThat(LargerSequence.larger(null, OLD)).isSameAs(OLD);
    assertThat(LargerSequence.larger(new byte[] {1, 2}, OLD)).isSameAs(OLD);
    assertThat(LargerSequence.larger(OLD, new byte[] {1, 2})).isSameAs(OLD);
    assertThat(LargerSequence.larger(null, null)).isNull();
  }

  private static byte[] placement(long epoch, String node) {
    return GridCodec.encode(
        epoch, new Placement(epoch, "m", 1, 1, List.of(node), List.of(List.of(node))));
  }
}
