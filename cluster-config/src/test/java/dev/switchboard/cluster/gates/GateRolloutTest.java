package dev.switchboard.cluster.gates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.gates.GateCandidate.Mode;
import dev.switchboard.cluster.gates.GateChange.Action;
import dev.switchboard.cluster.gates.GateChange.By;
import dev.switchboard.cluster.state.MemoryStates;
import dev.switchboard.cluster.state.StateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GateRolloutTest {
  private static final By ANNA = new By("anna", Instant.ofEpochSecond(1_700_000_000), "new data");

  private static GateRollout canary() {
    return GateRollout.of("own").shadow("v1", ANNA).canary("v1", 0.25, ANNA);
  }

  @Test
  void aVersionIsTriedAndThenPromoted() {
    GateRollout rollout = canary();
    assertThat(rollout.active()).isEqualTo("own");
    assertThat(rollout.candidate()).contains(new GateCandidate("v1", Mode.CANARY, 0.25));
    GateRollout done = rollout.promote("v1", ANNA);
    assertThat(done.active()).isEqualTo("v1");
    assertThat(done.previous()).contains("own");
    assertThat(done.candidate()).isEmpty();
    assertThat(done.revision()).isEqualTo(3);
    assertThat(done.history().stream().map(GateChange::action))
        .containsExactly(Action.SHADOW, Action.CANARY, Action.PROMOTE);
    assertThat(done.lastChange()).contains(new GateChange(Action.PROMOTE, "own", "v1", ANNA));
  }

  @Test
  void rollBackTakesTheCandidateFirstAndThenTheActiveVersion() {
    GateRollout withoutCandidate = canary().rollback(ANNA);
    assertThat(withoutCandidate.active()).isEqualTo("own");
    assertThat(withoutCandidate.candidate()).isEmpty();
    GateRollout back =
        canary().promote("v1", ANNA).shadow("v2", ANNA).rollback(ANNA).rollback(ANNA);
    assertThat(back.active()).isEqualTo("own");
    assertThat(back.previous()).isEmpty();
    assertThatThrownBy(() -> back.rollback(ANNA))
        .isInstanceOf(GateRolloutException.class)
        .hasMessageContainingAll("nothing to roll back", "own");
  }

  @Test
  void whatCanNoLongerBeUsedIsTakenBackWhereverItIs() {
    GateRollout untouched = canary();
    assertThat(untouched.without("v2"::equals, "own", ANNA)).isSameAs(untouched);

    GateRollout tried = untouched.without("v1"::equals, "own", ANNA);
    assertThat(tried.active()).isEqualTo("own");
    assertThat(tried.candidate()).isEmpty();
    assertThat(tried.lastChange()).contains(new GateChange(Action.ROLLBACK, "own", "v1", ANNA));

    GateRollout active = untouched.promote("v1", ANNA).without("v1"::equals, "other", ANNA);
    assertThat(active.active()).isEqualTo("own");
    assertThat(active.previous()).isEmpty();

    GateRollout both = untouched.promote("v1", ANNA).promote("v2", ANNA);
    GateRollout neither = both.without(version -> !version.equals("own"), "own", ANNA);
    assertThat(neither.active()).isEqualTo("own");
    assertThat(neither.previous()).isEmpty();
    GateRollout before = both.without("v1"::equals, "own", ANNA);
    assertThat(before.active()).isEqualTo("v2");
    assertThat(before.previous()).isEmpty();
    assertThat(before.revision()).isEqualTo(both.revision() + 1);
  }

  @Test
  void whatCannotFollowIsRefused() {
    GateRollout rollout = GateRollout.of("v1");
    assertThatThrownBy(() -> rollout.promote("v1", ANNA)).hasMessageContaining("active");
    assertThatThrownBy(() -> rollout.shadow("v1", ANNA)).hasMessageContaining("active");
    for (double share : new double[] {0, 1, -1, Double.NaN, 2}) {
      assertThatThrownBy(() -> rollout.canary("v2", share, ANNA))
          .isInstanceOf(GateRolloutException.class)
          .hasMessageContaining("share");
    }
  }

  @Test
  void theHistoryIsBounded() {
    GateRollout rollout = GateRollout.of("a");
    for (int i = 0; i < 500; i++) {
      rollout = rollout.promote("v" + i, ANNA);
    }
    assertThat(rollout.history()).hasSize(GateRollout.MOST_HISTORY);
    assertThat(rollout.history().getLast().version()).isEqualTo("v499");
    assertThat(rollout.revision()).isEqualTo(500);
    assertThat(GateRolloutCodec.decode(GateRolloutCodec.encode(rollout))).isEqualTo(rollout);
  }

  @Test
  void damagedBytesAreRefused() {
    byte[] bytes = GateRolloutCodec.encode(canary());
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> GateRolloutCodec.decode(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> GateRolloutCodec.decode(longer)).hasMessageContaining("behind");
    bytes[0] = 9;
    assertThatThrownBy(() -> GateRolloutCodec.decode(bytes)).hasMessageContaining("version 9");
  }

  @Test
  void routersAgreeThroughTheStore() {
    AtomicLong clock = new AtomicLong();
    MemoryStates states = new MemoryStates(1 << 20, Duration.ofHours(1), clock::get);
    GateStore one = new GateStore(states, "model");
    GateStore two = new GateStore(states, "model");
    assertThat(one.load()).isEmpty();
    assertThat(one.seed(GateRollout.of("own"))).isEqualTo(GateRollout.of("own"));
    assertThat(two.seed(GateRollout.of("other")).active()).isEqualTo("own");
    GateRollout first = two.change(GateRollout.of("x"), r -> r.promote("v1", ANNA));
    assertThat(one.load()).contains(first);
    assertThatThrownBy(() -> one.change(first, r -> r.promote("v1", ANNA)))
        .isInstanceOf(GateRolloutException.class);
    assertThat(new GateStore(states, "another model").load()).isEmpty();

    // Read now and then it lives on, alone it does not.
    for (int i = 0; i < 5; i++) {
      clock.addAndGet(Duration.ofMinutes(40).toNanos());
      assertThat(two.load()).contains(first);
    }
    clock.addAndGet(Duration.ofMinutes(70).toNanos());
    assertThat(two.load()).isEmpty();

    states.put(Map.of("gates:model", new byte[] {1, 2, 3}));
    assertThatThrownBy(one::load)
        .isInstanceOf(StateException.class)
        .hasMessageContaining("gates:model");
    assertThat(states.get(List.of("gates:model")).getFirst()).isPresent();
  }
}
