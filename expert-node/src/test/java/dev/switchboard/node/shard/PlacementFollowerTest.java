package dev.switchboard.node.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.RouterInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlacementFollowerTest {
  private static final String MODEL = "m";
  private final PlacementFollower follower = new PlacementFollower("a", MODEL);
  private long version;

  @Test
  void nothingIsDoneBeforeThereIsAPlacement() {
    assertThat(follower.viewed(view(Optional.empty()))).isEmpty();
  }

  @Test
  void aPlacementOfAnotherModelIsNotForThisNode() {
    Placement other =
        new Placement(1, "other", 2, 1, List.of("a"), List.of(List.of("a"), List.of("a")));
    assertThat(follower.viewed(view(Optional.of(other)))).isEmpty();
  }

  @Test
  void aPlacementThatWasMadeBeforeThisNodeCameIsNotForIt() {
    Placement old = new Placement(4, MODEL, 1, 1, List.of("b"), List.of(List.of("b")));
    assertThat(follower.viewed(view(Optional.of(old)))).isEmpty();
  }

  @Test
  void itLoadsThenAnnounces() {
    assertThat(see(place(1, "a", "b", "a"))).containsExactly(new Action.Load(1, List.of(0, 2)));
    assertThat(see(place(1, "a", "b", "a"))).as("while it loads").isEmpty();
    assertThat(follower.loaded(List.of(0, 2)))
        .containsExactly(new Action.Announce(1, List.of(0, 2)));
    assertThat(see(place(1, "a", "b", "a"))).as("once").isEmpty();
  }

  @Test
  void aNodeWithoutExpertsIsReadyAtOnce() {
    assertThat(see(place(1, "b", "b", "b"))).containsExactly(new Action.Announce(1, List.of()));
  }

  @Test
  void aNewerPlacementThatCameWhileLoadingIsFollowedAfterwards() {
    see(place(1, "a", "b", "b"));
    assertThat(see(place(2, "a", "a", "b"))).isEmpty();
    assertThat(follower.loaded(List.of(0))).containsExactly(new Action.Load(2, List.of(1)));
    assertThat(follower.loaded(List.of(1))).containsExactly(new Action.Announce(2, List.of(0, 1)));
  }

  @Test
  void whatIsNoLongerPlacedStaysUntilEveryPlacedNodeIsReady() {
    see(place(1, "a", "a", "a"));
    follower.loaded(List.of(0, 1, 2));
    Placement next = place(2, "a", "b", "b");
    assertThat(see(next, node("b", 1))).containsExactly(new Action.Announce(2, List.of(0, 1, 2)));
    assertThat(see(next, node("b", 1))).isEmpty();
    assertThat(see(next, node("b", 2)))
        .containsExactly(new Action.Unload(List.of(1, 2)), new Action.Announce(2, List.of(0)));
  }

  @Test
  void whatIsNoLongerPlacedStaysUntilEveryRouterCanSendToItsHolders() {
    see(place(1, "a", "a", "a"));
    follower.loaded(List.of(0, 1, 2));
    Placement next = place(2, "a", "b", "b");
    NodeInfo other = node("b", 2);
    assertThat(follower.viewed(routed(next, 1, other)))
        .containsExactly(new Action.Announce(2, List.of(0, 1, 2)));
    assertThat(follower.viewed(routed(next, 2, other)))
        .containsExactly(new Action.Unload(List.of(1, 2)), new Action.Announce(2, List.of(0)));
  }

  private ClusterView routed(Placement placement, long reached, NodeInfo... others) {
    RouterInfo router = new RouterInfo("r", "h", 1, 1, MODEL, true, reached, true);
    return new ClusterView(List.of(others), List.of(router), Optional.of(placement), ++version);
  }

  @Test
  void aNodeOfANewerEpochHasNotAnnouncedThisOne() {
    // As after a restart of all routers, which count from one again.
    see(place(1, "a", "a", "a"));
    follower.loaded(List.of(0, 1, 2));
    assertThat(see(place(2, "a", "b", "b"), node("b", 7)))
        .containsExactly(new Action.Announce(2, List.of(0, 1, 2)));
  }

  @Test
  void placedNodesThatAreGoneAreNotWaitedFor() {
    see(place(1, "a", "a", "a"));
    follower.loaded(List.of(0, 1, 2));
    assertThat(see(place(2, "a", "b", "c"), node("b", 2)))
        .contains(new Action.Unload(List.of(1, 2)));
  }

  @Test
  void whatIsStillHeldIsNotLoadedAgain() {
    see(place(1, "a", "a", "b"));
    follower.loaded(List.of(0, 1));
    see(place(2, "a", "b", "b"), node("b", 1));
    assertThat(see(place(3, "a", "a", "b"), node("b", 1)))
        .containsExactly(new Action.Announce(3, List.of(0, 1)));
  }

  @Test
  void aDrainingNodeFollowsNothing() {
    follower.drain();
    assertThat(see(place(1, "a", "a", "a"))).isEmpty();
  }

  @Test
  void anAddedUnitIsLoadedAsWhatTheBookSaysAndNotBeforeItSaysSo() {
    see(place(1, "a", "b"));
    follower.loaded(List.of(0));
    Placement grown = grown(2, "a", "b", "a");
    assertThat(see(grown)).as("the book is behind").isEmpty();
    assertThat(see(book("f1"), grown))
        .containsExactly(new Action.Load(2, List.of(2), new AddedUnits(2, added("f1"))));
    assertThat(follower.failed())
        .as("tried again")
        .containsExactly(new Action.Load(2, List.of(2), new AddedUnits(2, added("f1"))));
    assertThat(follower.loaded(List.of(2))).containsExactly(new Action.Announce(2, List.of(0, 2)));
  }

  @Test
  void aUnitThatIsAnotherExpertNowIsDroppedAtOnceAndLoadedAnew() {
    see(book("f1"), grown(1, "a", "b", "a"));
    follower.loaded(List.of(0, 2));
    assertThat(see(book("f2"), grown(3, "a", "b", "a"), node("b", 1)))
        .containsExactly(
            new Action.Unload(List.of(2)),
            new Action.Load(3, List.of(2), new AddedUnits(2, added("f2"))));
  }

  @Test
  void anAddedUnitThatHasLeftThePlacementIsUnloadedWhenAllAreReady() {
    see(book("f1"), grown(1, "a", "b", "a"));
    follower.loaded(List.of(0, 2));
    assertThat(see(place(2, "a", "b"), node("b", 2)))
        .containsExactly(
            new Action.Announce(2, List.of(0, 2)),
            new Action.Unload(List.of(2)),
            new Action.Announce(2, List.of(0)));
  }

  private List<Action> see(ExpertBook book, Placement placement, NodeInfo... others) {
    return follower.viewed(
        new ClusterView(List.of(others), List.of(), Optional.of(placement), book, ++version));
  }

  private static List<ExpertBook.Added> added(String fingerprint) {
    return List.of(new ExpertBook.Added("go", 2, fingerprint, ""));
  }

  private static ExpertBook book(String fingerprint) {
    return new ExpertBook(1, MODEL, added(fingerprint), List.of());
  }

  /** The last unit is of an expert that was added. */
  private static Placement grown(long epoch, String... holders) {
    Placement made = place(epoch, holders);
    return new Placement(epoch, MODEL, made.units(), 1, 1, made.nodes(), made.holders());
  }

  private List<Action> see(Placement placement, NodeInfo... others) {
    return follower.viewed(view(Optional.of(placement), others));
  }

  private ClusterView view(Optional<Placement> placement, NodeInfo... others) {
    return new ClusterView(List.of(others), List.of(), placement, ++version);
  }

  /** One holder for each expert. */
  private static Placement place(long epoch, String... holders) {
    List<List<String>> all = new ArrayList<>();
    for (String holder : holders) {
      all.add(List.of(holder));
    }
    return new Placement(epoch, MODEL, holders.length, 1, List.of("a", "b", "c"), all);
  }

  private static NodeInfo node(String id, long heldEpoch) {
    return NodeInfo.joining(id, "127.0.0.1", 1, MODEL, 0).ready(heldEpoch, List.of());
  }
}
