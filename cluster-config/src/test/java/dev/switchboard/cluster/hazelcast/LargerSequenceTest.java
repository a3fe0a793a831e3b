package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.Decision;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.Placement;
import java.time.Instant;
import java.util.List;
import java.util.Set;
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

  @Test
  void ofDecisionsAndMarksBothHalvesStay() {
    NodeBook common = NodeBook.EMPTY.recording(decision(1, 10));
    NodeBook one = common.recording(decision(2, 20)).marking("a", mark(20), Set.of("a", "b"));
    NodeBook other = common.recording(decision(2, 21)).recording(decision(3, 30)).wishing();
    byte[] bytes = LargerSequence.merged(encoded(one), encoded(other));
    NodeBook both = (NodeBook) GridCodec.decode(bytes).body();
    assertThat(both.history())
        .extracting(decision -> decision.when().toEpochMilli())
        .containsExactly(10L, 20L, 21L, 30L);
    assertThat(both.marks()).containsOnlyKeys("a");
    assertThat(both.wishes()).isEqualTo(1);
    assertThat(both.epoch()).isGreaterThan(other.epoch()).isGreaterThan(one.epoch());
    assertThat(LargerSequence.merged(encoded(one), encoded(one))).isEqualTo(encoded(one));
    assertThat(LargerSequence.merged(encoded(one), NEW)).isEqualTo(NEW);
  }

  private static byte[] encoded(NodeBook book) {
    return GridCodec.encode(book.epoch(), book);
  }

  private static Decision decision(long epoch, long atMillis) {
    return Decision.NONE.made(epoch, "r" + atMillis, Instant.ofEpochMilli(atMillis));
  }

  private static NodeBook.Mark mark(long atMillis) {
    return new NodeBook.Mark(NodeBook.Use.DRAINED, "me", Instant.ofEpochMilli(atMillis), "");
  }

  private static byte[] placement(long epoch, String node) {
    return GridCodec.encode(
        epoch, new Placement(epoch, "m", 1, 1, List.of(node), List.of(List.of(node))));
  }
}
