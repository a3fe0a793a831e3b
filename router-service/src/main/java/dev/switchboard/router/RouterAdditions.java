package dev.switchboard.router;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.router.added.AddedShelf;
import dev.switchboard.router.added.Additions;
import dev.switchboard.router.added.ClusterAdditions;
import dev.switchboard.router.added.ExpertFolder;
import dev.switchboard.router.added.ExpertPeers;
import dev.switchboard.router.added.ExpertReceipt;
import dev.switchboard.router.api.ClusterService;
import dev.switchboard.router.api.ExpertCalls;
import dev.switchboard.router.api.ExpertIntake;
import dev.switchboard.router.api.ExpertRemoval;
import dev.switchboard.router.api.ModelFacts;
import dev.switchboard.router.gates.GateDesk;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What is added to a router's experts while it runs.
 *
 * @param cluster empty: nothing can be added here, for want of nodes or of a folder
 */
record RouterAdditions(Optional<ClusterAdditions> cluster, ExpertReceipt.Limits limits) {
  /** Within the folder of gates: an expert brings its own. */
  private static final String FOLDER = "experts";

  static RouterAdditions open(Router.Parts parts, ModelFacts facts, RouterExperts experts) {
    Model model = parts.model();
    ExpertReceipt.Limits limits =
        new ExpertReceipt.Limits(AddedExpert.mostBytes(model.plan()), RouterGates.mostBytes(model));
    Optional<ClusterAdditions> cluster =
        parts
            .settings()
            .router()
            .gateSwaps()
            .gates()
            .filter(folder -> experts.remote().isPresent())
            .map(folder -> {
              ExpertFolder own = new ExpertFolder(folder.resolve(FOLDER));
              ExpertPeers peers = new ExpertPeers(parts.grid(), parts.id(), own, limits);
              return new ClusterAdditions(
                  facts.added(), new AddedShelf(own, peers::fetch), experts::callable);
            });
    return new RouterAdditions(cluster, limits);
  }

  /** What the cluster has added to a model. */
  static Supplier<List<ExpertBook.Added>> of(Router.Parts parts) {
    String fingerprint = parts.model().fingerprint();
    return () -> parts.grid().view().experts().addedTo(fingerprint);
  }

  /** Experts that were added, and that nobody may wake any more. */
  static ExpertMask leaving(ClusterView view, ModelFacts facts) {
    Set<Integer> added =
        facts.addedTo(view).stream().map(ExpertBook.Added::index).collect(Collectors.toSet());
    return ExpertMask.of(view.experts().disabled().stream().filter(added::contains).toList());
  }

  Additions additions() {
    return cluster.<Additions>map(added -> added).orElse(Additions.NONE);
  }

  /** What is answered to calls about experts. */
  ClusterService.Experts calls(
      ExpertCalls.Parts asked, Router.Parts parts, Optional<GateDesk> desk) {
    ExpertCalls calls = new ExpertCalls(asked);
    Optional<ExpertIntake.Room> room =
        cluster.flatMap(added ->
            desk.map(
                open -> new ExpertIntake.Room(parts.model(), open, added.shelf(), added, limits)));
    ExpertRemoval.Room lying = new ExpertRemoval.Room(desk, shelf());
    return new ClusterService.Experts(
        calls,
        new ExpertIntake(calls, asked, room),
        new ExpertRemoval(calls, asked, parts.id(), lying));
  }

  Optional<AddedShelf> shelf() {
    return cluster.map(ClusterAdditions::shelf);
  }
}
