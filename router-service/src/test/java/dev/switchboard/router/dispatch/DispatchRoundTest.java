package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.dispatch.DispatchPlannerTest.View;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import dev.switchboard.router.dispatch.DispatchRound.LostSlot;
import dev.switchboard.router.dispatch.DispatchRound.Send;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class DispatchRoundTest {
  private final AtomicLong ids = new AtomicLong();
  private boolean patient;

  private DispatchRound round(int[] experts, Map<Integer, int[]> holders) {
    return round(experts, holders, StateHomes.NONE);
  }

  private DispatchRound round(int[] experts, Map<Integer, int[]> holders, StateHomes homes) {
    return round(experts, holders, homes, () -> true);
  }

  private DispatchRound round(
      int[] experts, Map<Integer, int[]> holders, StateHomes homes, BooleanSupplier mayRetry) {
    return new DispatchRound(
        new DispatchRound.Demand(experts, 1, 3),
        new View(holders, Map.of()),
        homes,
        ids::incrementAndGet,
        new DispatchRound.Leave(mayRetry, expert -> patient));
  }

  private static final GroupAnswer OK_0 = new GroupAnswer(0, null);
  private static final GroupAnswer OK_1 = new GroupAnswer(1, null);

  @Test
  void isDoneWhenAllHaveAnswered() {
    DispatchRound round = round(new int[] {0, 1}, Map.of(0, new int[] {1}, 1, new int[] {2}));
    List<Send> sends = round.begin(new boolean[2]);
    assertThat(sends).hasSize(2);
    assertThat(round.answered(sends.get(1).id(), List.of(OK_1))).isEmpty();
    assertThat(round.done()).isFalse();
    assertThat(round.answered(sends.get(0).id(), List.of(OK_0))).isEmpty();
    assertThat(round.done()).isTrue();
    assertThat(round.lost()).isEmpty();
  }

  @Test
  void aBrokenStreamSendsItsGroupsToAnotherReplica() {
    DispatchRound round = round(new int[] {0, 1}, Map.of(0, new int[] {1, 2}, 1, new int[] {1, 2}));
    List<Send> sends = round.begin(new boolean[2]);
    Send broken = sends.get(0);
    List<Send> again = round.failed(broken.id(), "node a: connection closed");
    assertThat(again).hasSize(1);
    assertThat(again.get(0).batch().node()).isNotEqualTo(broken.batch().node());
    assertThat(again.get(0).batch().groups().stream().map(ExpertRows::expert))
        .containsExactlyElementsOf(
            broken.batch().groups().stream().map(ExpertRows::expert).toList());
    assertThat(round.lost()).isEmpty();
  }

  @Test
  void aGroupThatIsRefusedGoesElsewhereAloneAndTheOthersStay() {
    DispatchRound round =
        round(new int[] {0, 1}, Map.of(0, new int[] {1}, 1, new int[] {1, 2}), StateHomes.NONE);
    List<Send> sends = round.begin(new boolean[2]);
    Send toOne = sends.stream().filter(s -> s.batch().node() == 1).findFirst().orElseThrow();
    boolean both = toOne.batch().groups().size() == 2;
    List<GroupAnswer> answers =
        both ? List.of(OK_0, new GroupAnswer(1, "not held")) : List.of(OK_0);
    List<Send> again = round.answered(toOne.id(), answers);
    if (both) {
      assertThat(again).singleElement().satisfies(s -> assertThat(s.batch().node()).isEqualTo(2));
      assertThat(again.get(0).batch().groups()).extracting(ExpertRows::expert).containsExactly(1);
    } else {
      assertThat(again).isEmpty();
    }
  }

  @Test
  void aGroupLeftOutOfTheAnswerIsNoSuccess() {
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1}));
    Send send = round.begin(new boolean[1]).get(0);
    assertThat(round.answered(send.id(), List.of())).isEmpty();
    assertThat(round.done()).isTrue();
    assertThat(round.lost())
        .containsExactly(new LostSlot(0, 0, "the node left it out of its answer"));
  }

  @Test
  void noReplicaLeftNamesTheLastReason() {
    DispatchRound round = round(new int[] {0, 0}, Map.of(0, new int[] {1, 2}));
    Send first = round.begin(new boolean[2]).get(0);
    Send second = round.failed(first.id(), "first is gone").get(0);
    assertThat(round.failed(second.id(), "second is gone")).isEmpty();
    assertThat(round.done()).isTrue();
    assertThat(round.lost())
        .containsExactly(
            new LostSlot(0, 0, "second is gone"), new LostSlot(1, 0, "second is gone"));
  }

  @Test
  void anAnswerThatComesTooLateChangesNothing() {
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1, 2}));
    Send first = round.begin(new boolean[1]).get(0);
    Send second = round.failed(first.id(), "no answer").get(0);
    assertThat(round.answered(first.id(), List.of(OK_0))).isEmpty();
    assertThat(round.pending(first.id())).isNull();
    assertThat(round.done()).isFalse();
    round.answered(second.id(), List.of(OK_0));
    assertThat(round.done()).isTrue();
    assertThat(round.lost()).isEmpty();
  }

  @Test
  void deadTokensAreNotSent() {
    DispatchRound round = round(new int[] {0, 0}, Map.of(0, new int[] {1}));
    assertThat(round.begin(new boolean[] {true, false}).get(0).batch().tokens()).containsExactly(1);
    assertThat(round(new int[] {0}, Map.of()).begin(new boolean[] {true})).isEmpty();
  }

  @Test
  void aStateIsNeverSentToAnotherReplica() {
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1, 2}), (expert, token) -> 1);
    Send send = round.begin(new boolean[1]).get(0);
    assertThat(send.batch().node()).isEqualTo(1);
    assertThat(round.failed(send.id(), "gone")).isEmpty();
    assertThat(round.lost()).containsExactly(new LostSlot(0, 0, "gone"));
  }

  /** One state a token, all of expert 0, at first on node 1. */
  private static final class Kept implements StateHomes {
    private final int[] links;
    private final long bytes;

    Kept(int tokens, long bytes) {
      this.links = new int[tokens];
      this.bytes = bytes;
      Arrays.fill(links, 1);
    }

    @Override
    public int home(int expert, int token) {
      return links[token];
    }

    @Override
    public boolean rebuildable(int expert, int token) {
      return true;
    }

    @Override
    public boolean strayed(int expert, int token) {
      boolean here = links[token] >= 0;
      links[token] = ADRIFT;
      return here;
    }

    @Override
    public long rebuildBytes(int expert, int token) {
      return bytes;
    }

    @Override
    public long mostRebuildBytes() {
      return 100;
    }
  }

  @Test
  void aStateWhoseNodeIsLostIsRebuiltOnAnotherReplica() {
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1, 2}), new Kept(1, 10));
    Send send = round.begin(new boolean[1]).get(0);
    assertThat(send.batch().rebuilds()).isFalse();
    Send again = round.failed(send.id(), "gone").get(0);
    assertThat(again.batch().node()).isEqualTo(2);
    assertThat(again.batch().rebuilds()).isTrue();
    assertThat(round.failed(again.id(), "gone too")).isEmpty();
    assertThat(round.lost()).containsExactly(new LostSlot(0, 0, "gone too"));
  }

  /** While experts move, who has just given one up may be the only one that has another. */
  @Test
  void aNodeThatRefusesAnExpertIsStillAskedForAnother() {
    DispatchRound round = round(new int[] {0, 1}, Map.of(0, new int[] {1}, 1, new int[] {1, 2}));
    Map<Integer, Send> sends = new HashMap<>();
    round.begin(new boolean[2]).forEach(send -> sends.put(send.batch().node(), send));
    assertThat(sends).containsOnlyKeys(1, 2);

    round.answered(sends.get(1).id(), List.of(new GroupAnswer(0, "not held")));
    List<Send> again = round.answered(sends.get(2).id(), List.of(new GroupAnswer(1, "not held")));

    assertThat(again).singleElement().satisfies(s -> assertThat(s.batch().node()).isEqualTo(1));
    assertThat(round.lost()).containsExactly(new LostSlot(0, 0, "not held"));
  }

  @Test
  void aStateThatStrayedIsRebuiltOnceEvenOnItsOwnNode() {
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1}), new Kept(1, 10));
    Send send = round.begin(new boolean[1]).get(0);
    GroupAnswer strayed = new GroupAnswer(0, "at version 0", true);
    Send again = round.answered(send.id(), List.of(strayed)).get(0);
    assertThat(again.batch().node()).isEqualTo(1);
    assertThat(again.batch().rebuilds()).isTrue();
    assertThat(round.answered(again.id(), List.of(strayed))).isEmpty();
    assertThat(round.lost()).containsExactly(new LostSlot(0, 0, "at version 0"));
  }

  @Test
  void rebuildingFillsNoMessageBeyondItsShare() {
    DispatchRound round =
        round(new int[] {0, 0, 0, 0, 0}, Map.of(0, new int[] {1, 2}), new Kept(5, 45));
    Send send = round.begin(new boolean[5]).get(0);
    List<Send> again = round.failed(send.id(), "gone");
    assertThat(again)
        .extracting(one -> one.batch().tokens())
        .containsExactly(new int[] {0, 1}, new int[] {2, 3}, new int[] {4});
    assertThat(round(new int[] {0, 0}, Map.of(0, new int[] {2}), adrift(2)).begin(new boolean[2]))
        .as("a state that is larger goes alone")
        .hasSize(2);
  }

  private static Kept adrift(int tokens) {
    Kept kept = new Kept(tokens, 1000);
    for (int token = 0; token < tokens; token++) {
      kept.strayed(0, token);
    }
    return kept;
  }

  @Test
  void theFirstAnswerOfTwoEndsTheRound() {
    for (boolean secondFirst : new boolean[] {true, false}) {
      DispatchRound round = round(new int[] {0, 0}, Map.of(0, new int[] {1, 2}));
      Send first = round.begin(new boolean[2]).get(0);
      Send second = round.hedge(first.id()).get(0);
      assertThat(second.batch().node()).isNotEqualTo(first.batch().node());
      assertThat(round.isSecond(second.id())).isTrue();
      assertThat(round.isSecond(first.id())).isFalse();
      assertThat(round.done()).isFalse();
      Send winner = secondFirst ? second : first;
      Send loser = secondFirst ? first : second;
      assertThat(round.answered(winner.id(), List.of(OK_0))).isEmpty();
      assertThat(round.done()).isTrue();
      assertThat(round.lost()).isEmpty();
      assertThat(round.abandon()).containsExactly(loser.id());
      assertThat(round.pending(loser.id())).isNull();
      assertThat(round.answered(loser.id(), List.of(OK_0))).isEmpty();
      assertThat(round.failed(loser.id(), "gone")).isEmpty();
    }
  }

  @Test
  void whatFailsWhileAnotherHasItIsNotSentAThirdTime() {
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1, 2, 3}));
    Send first = round.begin(new boolean[1]).get(0);
    Send second = round.hedge(first.id()).get(0);
    assertThat(round.failed(first.id(), "gone")).isEmpty();
    assertThat(round.done()).isFalse();
    List<Send> third = round.failed(second.id(), "gone too");
    assertThat(third)
        .singleElement()
        .satisfies(send ->
            assertThat(send.batch().node()).isNotIn(first.batch().node(), second.batch().node()));
    assertThat(round.answered(third.get(0).id(), List.of(OK_0))).isEmpty();
    assertThat(round.done()).isTrue();
  }

  @Test
  void noBatchIsHedgedTwiceAndNoneWithoutAnotherReplica() {
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1, 2, 3}));
    Send first = round.begin(new boolean[1]).get(0);
    assertThat(round.hedge(first.id())).hasSize(1);
    assertThat(round.hedge(first.id())).isEmpty();
    DispatchRound alone = round(new int[] {0}, Map.of(0, new int[] {1}));
    assertThat(alone.hedge(alone.begin(new boolean[1]).get(0).id())).isEmpty();
    assertThat(alone.done()).isFalse();
    assertThat(alone.lost()).isEmpty();
  }

  @Test
  void aStateIsNeverHedged() {
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1, 2}), new Kept(1, 10));
    assertThat(round.hedge(round.begin(new boolean[1]).get(0).id())).isEmpty();
  }

  @Test
  void withoutABudgetForRepeatsWhatFailedIsLostAndSaysSo() {
    DispatchRound round =
        round(new int[] {0}, Map.of(0, new int[] {1, 2}), StateHomes.NONE, () -> false);
    Send first = round.begin(new boolean[1]).get(0);
    assertThat(round.failed(first.id(), "overloaded")).isEmpty();
    assertThat(round.done()).isTrue();
    assertThat(round.lost())
        .singleElement()
        .satisfies(lost -> assertThat(lost.reason()).contains("overloaded", "budget"));
  }

  @Test
  void anExpertThatNobodyHasIsWaitedForWhileThatIsAllowed() {
    patient = true;
    Map<Integer, int[]> holders = new HashMap<>(Map.of(0, new int[] {1}));
    DispatchRound round = round(new int[] {0, 0}, holders);
    Send first = round.begin(new boolean[2]).get(0);
    holders.put(0, new int[0]);
    assertThat(round.failed(first.id(), "gone")).isEmpty();
    assertThat(round.waits()).isTrue();
    assertThat(round.done()).isFalse();
    assertThat(round.lookAgain()).isEmpty();

    holders.put(0, new int[] {7});
    Send second = round.lookAgain().get(0);
    assertThat(second.batch().node()).isEqualTo(7);
    assertThat(second.batch().tokens()).containsExactly(0, 1);
    assertThat(round.waits()).isFalse();
    assertThat(round.answered(second.id(), List.of(OK_0))).isEmpty();
    assertThat(round.done()).isTrue();
    assertThat(round.lost()).isEmpty();
  }

  @Test
  void theSameLinkMayBeAskedAgainAfterAWait() {
    patient = true;
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1}));
    Send first = round.begin(new boolean[1]).get(0);
    assertThat(round.failed(first.id(), "reset")).isEmpty();
    assertThat(round.lookAgain())
        .singleElement()
        .satisfies(send -> assertThat(send.batch().node()).isEqualTo(1));
  }

  @Test
  void afterThatItIsLostWithTheReason() {
    patient = true;
    Map<Integer, int[]> holders = new HashMap<>(Map.of(0, new int[] {1}));
    DispatchRound round = round(new int[] {0}, holders);
    Send first = round.begin(new boolean[1]).get(0);
    holders.put(0, new int[0]);
    round.failed(first.id(), "gone");
    patient = false;
    assertThat(round.lookAgain()).isEmpty();
    assertThat(round.done()).isTrue();
    assertThat(round.lost()).containsExactly(new LostSlot(0, 0, "gone"));
  }

  @Test
  void aStateThatCannotBeRebuiltIsNotWaitedFor() {
    patient = true;
    DispatchRound round = round(new int[] {0}, Map.of(0, new int[] {1}), (expert, token) -> 1);
    Send send = round.begin(new boolean[1]).get(0);
    assertThat(round.failed(send.id(), "gone")).isEmpty();
    assertThat(round.done()).isTrue();
    assertThat(round.lost()).hasSize(1);
  }
}
