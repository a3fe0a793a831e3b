package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.switchboard.cluster.state.StateException;
import dev.switchboard.cluster.state.StateMap;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HazelcastStatesTest {
  private final Grids grids = new Grids();

  @AfterEach
  void close() {
    grids.close();
  }

  @Test
  void valuesAreSeenByAllAndOutliveTheRouterThatHeldThem() {
    HazelcastGrid first = grids.router();
    HazelcastGrid second = grids.router(first.gridAddress());
    HazelcastGrid node = grids.node(first.gridAddress());
    Map<String, byte[]> values = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      byte[] value = new byte[1000 + i];
      Arrays.fill(value, (byte) i);
      values.put("v" + i, value);
    }
    first.states().put(values);
    List<String> names = List.copyOf(values.keySet());
    await().atMost(Grids.PATIENCE).until(() -> !node.gridAddress().isEmpty());
    assertThat(node.states().get(List.of("v3", "nowhere")))
        .satisfies(found -> assertThat(found.get(0).orElseThrow()).isEqualTo(values.get("v3")))
        .satisfies(found -> assertThat(found.get(1)).isEmpty());
    first.close();
    List<Optional<byte[]>> left = second.states().get(names);
    for (int i = 0; i < names.size(); i++) {
      assertThat(left.get(i).orElseThrow()).isEqualTo(values.get(names.get(i)));
    }
    second.states().remove(names);
    assertThat(second.states().get(names)).allMatch(Optional::isEmpty);
  }

  @Test
  void ofTwoThatSwapOneWins() {
    StateMap states = grids.router().states();
    byte[] one = {1};
    byte[] two = {2};
    assertThat(states.swap("x", Optional.of(one), two)).isFalse();
    assertThat(states.swap("x", Optional.empty(), one)).isTrue();
    assertThat(states.swap("x", Optional.empty(), two)).isFalse();
    assertThat(states.swap("x", Optional.of(two), two)).isFalse();
    assertThat(states.swap("x", Optional.of(one), two)).isTrue();
    assertThat(states.get(List.of("x")).getFirst().orElseThrow()).isEqualTo(two);
  }

  @Test
  void whatIsNotKeptGoesAfterItsTimeAndWhatIsKeptStays() {
    StateMap states = grids.routerWith(Map.of("grid.stateTtl", "2s")).states();
    states.put(Map.of("put", new byte[1], "kept", new byte[1]));
    states.swap("swapped", Optional.empty(), new byte[] {1});
    await()
        .pollInterval(200, TimeUnit.MILLISECONDS)
        .atMost(Grids.PATIENCE)
        .until(() -> {
          states.keep(List.of("kept"));
          List<Optional<byte[]>> found = states.get(List.of("put", "swapped", "kept"));
          assertThat(found.get(2)).isPresent();
          return found.get(0).isEmpty() && found.get(1).isEmpty();
        });
  }

  @Test
  void memoryIsBounded() {
    Map<String, String> small = Map.of("grid.stateBytes", "4MiB", "grid.snapshotBytes", "1MiB");
    StateMap states = grids.routerWith(small).states();
    List<String> names = IntStream.range(0, 200).mapToObj(i -> "v" + i).toList();
    names.forEach(name -> states.put(Map.of(name, new byte[100 << 10])));
    long kept = states.get(names).stream().filter(Optional::isPresent).count();
    assertThat(kept).isBetween(1L, 60L);
  }

  @Test
  void withoutAGridTheErrorSaysSo() {
    HazelcastGrid node = grids.node("127.0.0.1:1");
    assertThatThrownBy(() -> node.states().put(Map.of("x", new byte[1])))
        .isInstanceOf(StateException.class)
        .hasMessageContaining("in no grid now");
    assertThatThrownBy(() -> node.states().put(Map.of("x", new byte[StateMap.MOST_BYTES + 1])))
        .hasMessageContaining("at most");
  }
}
