package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.dispatch.DispatchPlannerTest.View;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import dev.switchboard.router.dispatch.DispatchRound.LostSlot;
import dev.switchboard.router.dispatch.DispatchRound.Send;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Copies of batches that show what a node can do, and that nobody waits for. */
class DispatchTrialTest {
  private static final int TRIED = 9;
  private static final GroupAnswer OK = new GroupAnswer(0, null);

  private final AtomicLong ids = new AtomicLong();

  /** Node 9 is better not asked where another can be. */
  private record Preferring(View view) implements Replicas {
    @Override
    public int[] nodes(int expert) {
      return view.nodes(expert);
    }

    @Override
    public long outstandingRows(int node) {
      return view.outstandingRows(node);
    }

    @Override
    public boolean out(int node) {
      return node == TRIED;
    }
  }

  private DispatchRound round(int[] experts, Map<Integer, int[]> holders) {
    return new DispatchRound(
        new DispatchRound.Demand(experts, 1, 3),
        new Preferring(new View(holders, Map.of())),
        StateHomes.NONE,
        ids::incrementAndGet,
        new DispatchRound.Leave(() -> true, expert -> false));
  }

  private static final Map<Integer, int[]> TWO = Map.of(0, new int[] {1, TRIED});

  @Test
  void aCopyOfSomeRowsGoesToTheNode() {
    DispatchRound round = round(new int[] {0, 0, 0, 0}, TWO);
    Send first = round.begin(new boolean[4]).get(0);
    assertThat(first.batch().node()).isEqualTo(1);
    Send copy = round.copy(TRIED, 3).orElseThrow();
    assertThat(copy.batch().node()).isEqualTo(TRIED);
    assertThat(copy.batch().tokens()).containsExactly(0, 1, 2);
    assertThat(round.isTrial(copy.id())).isTrue();
    assertThat(round.isSecond(copy.id())).isFalse();
    assertThat(round.copy(TRIED, 3)).as("it is asked already").isEmpty();
  }

  @Test
  void itsAnswerCountsIfItIsTheFirst() {
    DispatchRound round = round(new int[] {0, 0}, TWO);
    Send first = round.begin(new boolean[2]).get(0);
    Send copy = round.copy(TRIED, 8).orElseThrow();
    assertThat(round.answered(copy.id(), List.of(OK))).isEmpty();
    assertThat(round.done()).isTrue();
    assertThat(round.abandon()).containsExactly(first.id());
  }

  @Test
  void nobodyWaitsForItAndNobodyTellsItsNode() {
    DispatchRound round = round(new int[] {0, 0}, TWO);
    Send first = round.begin(new boolean[2]).get(0);
    Send copy = round.copy(TRIED, 8).orElseThrow();
    round.answered(first.id(), List.of(OK));
    assertThat(round.done()).isTrue();
    assertThat(round.abandon()).isEmpty();
    assertThat(round.pending(copy.id())).isNull();
  }

  @Test
  void itsFailureChangesNothing() {
    DispatchRound round = round(new int[] {0, 0}, TWO);
    Send first = round.begin(new boolean[2]).get(0);
    Send copy = round.copy(TRIED, 8).orElseThrow();
    assertThat(round.failed(copy.id(), "gone")).isEmpty();
    assertThat(round.done()).isFalse();
    Send again = round.copy(TRIED, 8).orElseThrow();
    assertThat(round.answered(again.id(), List.of(new GroupAnswer(0, "overloaded")))).isEmpty();
    assertThat(round.lost()).isEmpty();
    round.answered(first.id(), List.of(OK));
    assertThat(round.done()).isTrue();
  }

  @Test
  void whatFailsElsewhereIsNotLeftToACopy() {
    DispatchRound round = round(new int[] {0}, TWO);
    Send first = round.begin(new boolean[1]).get(0);
    Send copy = round.copy(TRIED, 8).orElseThrow();
    Send again = round.failed(first.id(), "gone").get(0);
    assertThat(again.batch().node()).as("the last replica").isEqualTo(TRIED);
    assertThat(again.id()).isNotEqualTo(copy.id());
    assertThat(round.failed(again.id(), "gone too")).isEmpty();
    assertThat(round.lost()).containsExactly(new LostSlot(0, 0, "gone too"));
  }

  @Test
  void aNodeThatHasNoneOfTheExpertsIsNotTried() {
    DispatchRound round = round(new int[] {1}, Map.of(0, new int[] {TRIED}, 1, new int[] {1}));
    round.begin(new boolean[1]);
    assertThat(round.copy(TRIED, 8)).isEmpty();
  }

  @Test
  void aNodeThatIsAskedAnywayIsNotTried() {
    DispatchRound round = round(new int[] {0, 1}, Map.of(0, new int[] {TRIED}, 1, new int[] {1}));
    round.begin(new boolean[2]);
    assertThat(round.copy(TRIED, 8)).isEmpty();
  }

  @Test
  void expertsWithStatesAreNotCopied() {
    DispatchRound round =
        new DispatchRound(
            new DispatchRound.Demand(new int[] {0}, 1, 3),
            new Preferring(new View(TWO, Map.of())),
            (expert, token) -> StateHomes.NEW,
            ids::incrementAndGet,
            new DispatchRound.Leave(() -> true, expert -> false));
    round.begin(new boolean[1]);
    assertThat(round.copy(TRIED, 8)).isEmpty();
  }
}
