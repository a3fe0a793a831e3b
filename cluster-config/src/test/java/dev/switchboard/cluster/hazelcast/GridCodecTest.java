package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.Decision;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.Loads;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.NodeMemory;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.NodeWork;
import dev.switchboard.cluster.Nodes;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.ProcessCost;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.cluster.Speaks;
import dev.switchboard.cluster.load.LeftLoad;
import dev.switchboard.cluster.load.LeftLoads;
import dev.switchboard.cluster.plan.Plan;
import dev.switchboard.cluster.plan.Why;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GridCodecTest {
  private static final ExpertCounts COUNTS =
      ExpertCounts.of(2, 2, new long[] {1, 2, 3, Long.MAX_VALUE});
  private static final Decision DECISION =
      new Decision(
          6,
          "r1",
          Instant.ofEpochMilli(1_700_000_000_123L),
          "lost: n9",
          1,
          1,
          List.of(
              new Plan.Change(0, 2, "n1", true, Why.LOST),
              new Plan.Change(0, 2, "n9", false, Why.LOST)),
          0.25,
          1);

  static Stream<Object> values() {
    return Stream.of(
        new NodeInfo(
            "n1",
            "10.0.0.1",
            65535,
            "machine-1",
            42,
            "fp",
            3,
            2,
            true,
            NodeState.READY,
            9,
            List.of(0, 5),
            new Speaks("1.2", "2 bf16=dot", 2, 3)),
        new RouterInfo("r1", "::1", 1, 43, "fp", true, 12, false)
            .speaking(new Speaks("1.3", "2", 3, 4)),
        new Placement(
            4, "fp", 3, 2, List.of("a", "b"), List.of(List.of("a", "b"), List.of(), List.of("b"))),
        new Placement(5, "fp", 2, 1, 1, List.of("a"), List.of(List.of("a"), List.of("a"))),
        new Placement(6, "fp", 1, 1, List.of("a"), List.of(List.of("a"))).because(DECISION),
        new NodeBook(
            7,
            Map.of("n1", new NodeBook.Mark(NodeBook.Use.DRAINED, "me", Instant.EPOCH, "why")),
            2,
            List.of(DECISION, Decision.NONE)),
        new ExpertBook(
            3, "fp", List.of(new ExpertBook.Added("go", 8, "aa", "/x/go")), List.of(1, 8)),
        new NodeLoad(
            "n1",
            "fp",
            work(),
            3,
            400,
            new NodeMemory(7, 8, 9, 10, 11, 12, 13, 14),
            new ProcessCost(1, 2, 3)),
        new RouterLoad(
            "r1", "fp", COUNTS, 9, 8, 7, 6, new ProcessCost(Long.MAX_VALUE, 200, 30_000)),
        new ExpertUses("n1", List.of(new ExpertUses.Use(3, 128, 1, 2, 1_700_000_000_123L))),
        new LeftLoad("r1", "fp", true, new LoadTotals(COUNTS, 5, 6, work())),
        new LeftLoads(
            3,
            List.of(new LeftLoads.Model("fp", new LoadTotals(COUNTS, 5, 6, work()))),
            List.of("r1", "r2")));
  }

  private static NodeWork work() {
    long[] work = new long[ServiceTimes.CLASSES];
    long[] nanos = new long[ServiceTimes.CLASSES];
    for (int i = 0; i < work.length; i++) {
      work[i] = 1L << (2 * i);
      nanos[i] = 1L << (2 * i + 1);
    }
    return new NodeWork(127, 128, 16_384, 1L << 62, 0, ServiceTimes.of(work, nanos));
  }

  @ParameterizedTest
  @MethodSource("values")
  void comesBackAsItWas(Object value) {
    GridCodec.Entry entry = GridCodec.decode(GridCodec.encode(77, value));
    assertThat(entry.body()).isEqualTo(value);
    assertThat(entry.sequence()).isEqualTo(77);
  }

  @ParameterizedTest
  @MethodSource("values")
  void everyTruncationIsRefused(Object value) {
    byte[] bytes = GridCodec.encode(1, value);
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> GridCodec.decode(cut)).isInstanceOf(IllegalArgumentException.class);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> GridCodec.decode(longer)).hasMessageContaining("too many");
  }

  @Test
  void anotherVersionIsRefusedByName() {
    byte[] bytes = GridCodec.encode(1, new RouterInfo("r", "h", 1, 1, "fp", false, false));
    bytes[0] = 9;
    bytes[10] = 9;
    assertThatThrownBy(() -> GridCodec.decode(bytes))
        .hasMessage("grid value of version 9; this process reads versions 6 to 6");
    bytes[0] = 5;
    assertThatThrownBy(() -> GridCodec.decode(bytes))
        .hasMessage("grid value of version 5; this process reads versions 6 to 6");
    assertThat(GridCodec.sequence(bytes)).isEqualTo(1);
  }

  @Test
  void whatALaterVersionAddsAtTheEndIsLeft() {
    RouterInfo router = new RouterInfo("r", "h", 1, 1, "fp", false, false);
    byte[] bytes = GridCodec.encode(1, router);
    byte[] later = Arrays.copyOf(bytes, bytes.length + 7);
    later[0] = GridCodec.VERSION + 1;
    assertThat(GridCodec.decode(later).body()).isEqualTo(router);
  }

  @Test
  void aHostileCountAllocatesNothing() {
    byte[] load = GridCodec.encode(1, Loads.router("r", ExpertCounts.zero(1, 1), 0));
    ByteBuffer.wrap(load)
        .putInt(load.length - 9, Integer.MAX_VALUE)
        .putInt(load.length - 5, Integer.MAX_VALUE);
    assertThatThrownBy(() -> GridCodec.decode(load)).hasMessageContaining("claims counters");
    byte[] uses = GridCodec.encode(1, new ExpertUses("n", List.of()));
    ByteBuffer.wrap(uses).putInt(uses.length - 4, Integer.MAX_VALUE);
    assertThatThrownBy(() -> GridCodec.decode(uses)).hasMessageContaining("claims 2147483647");
    byte[] node = GridCodec.encode(1, Nodes.node("n"));
    ByteBuffer.wrap(node).putInt(node.length - 20, Integer.MAX_VALUE);
    assertThatThrownBy(() -> GridCodec.decode(node))
        .hasMessageContaining("claims 2147483647 elements");
  }
}
