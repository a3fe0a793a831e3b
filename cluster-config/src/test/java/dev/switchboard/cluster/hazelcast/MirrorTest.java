package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.NodeBook;
import org.junit.jupiter.api.Test;

class MirrorTest {
  private final Mirror mirror = new Mirror();

  @Test
  void anUnreadableValueCountsAsAbsentAndItsBytesAreKept() {
    byte[] other = ofAnotherVersion(7);
    mirror.put("key", other);
    assertThat(mirror.get("key", NodeBook.class)).isEmpty();
    assertThat(mirror.bytes("key")).isEqualTo(other);
    mirror.put("key", new byte[] {1});
    assertThat(mirror.bytes("key")).containsExactly(1);
  }

  @Test
  void aReadableValueTakesThePlaceOfAnUnreadableOneWhateverItsNumber() {
    mirror.put("key", ofAnotherVersion(900));
    mirror.put("key", GridCodec.encode(1, NodeBook.EMPTY));
    assertThat(mirror.get("key", NodeBook.class)).contains(NodeBook.EMPTY);
  }

  @Test
  void ofTwoTheLaterStays() {
    mirror.put("key", GridCodec.encode(2, NodeBook.EMPTY.wishing()));
    mirror.put("key", GridCodec.encode(1, NodeBook.EMPTY));
    mirror.put("key", ofAnotherVersion(1));
    assertThat(mirror.get("key", NodeBook.class)).contains(NodeBook.EMPTY.wishing());
    byte[] later = ofAnotherVersion(3);
    mirror.put("key", later);
    assertThat(mirror.bytes("key")).isEqualTo(later);
  }

  private static byte[] ofAnotherVersion(long sequence) {
    byte[] bytes = GridCodec.encode(sequence, NodeBook.EMPTY);
    bytes[0] = 99;
    // Behind the sequence: which versions can still read it.
    bytes[10] = 99;
    return bytes;
  }
}
