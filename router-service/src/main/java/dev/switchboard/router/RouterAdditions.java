package dev.switchboard.router;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.router.added.AddedShelf;
import dev.switchboard.router.added.Additions;
import dev.switchboard.router.added.BookMemory;
import dev.switchboard.router.added.ClusterAdditions;
import dev.switchboard.router.added.ExpertFiles;
import dev.switchboard.router.added.ExpertPeers;
import dev.switchboard.router.added.ExpertReceipt;
import dev.switchboard.router.api.ClusterService;
import dev.switchboard.router.api.ExpertCalls;
import dev.switchboard.router.api.ExpertIntake;
import dev.switchboard.router.api.ExpertRemoval;
import dev.switchboard.router.api.ModelFacts;
import dev.switchboard.router.files.PeerFetch;
import dev.switchboard.router.files.VersionFolder;
import dev.switchboard.router.gates.GateDesk;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is added to a router's experts while it runs, and what is said about them.
 *
 * @param cluster empty: nothing can be added here, for want of nodes or of a folder
 * @param memory empty: nothing is remembered, for want of a folder
 */
record RouterAdditions(
    Optional<ClusterAdditions> cluster, Optional<BookMemory> memory, ExpertReceipt.Limits limits)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RouterAdditions.class);

  /** Within the folder of gates: an expert brings its own. */
  private static final String FOLDER = "experts";

  static RouterAdditions open(Router.Parts parts, ModelFacts facts, RouterExperts experts) {
    Model model = parts.model();
    ExpertReceipt.Limits limits =
        new ExpertReceipt.Limits(AddedExpert.mostBytes(model.plan()), RouterGates.mostBytes(model));
    Optional<Path> gates = parts.settings().router().gateSwaps().gates();
    Optional<ClusterAdditions> cluster =
        gates
            .filter(folder -> experts.remote().isPresent())
            .map(folder -> {
              VersionFolder<AddedExpert> own = ExpertFiles.folder(folder.resolve(FOLDER));
              ExpertPeers peers =
                  new ExpertPeers(new PeerFetch(parts.grid(), parts.id()), own, limits);
              AddedShelf shelf = new AddedShelf(own, peers::fetch, facts.added());
              parts.grid().onChange(view -> shelf.retainAdded());
              return new ClusterAdditions(facts.added(), shelf, experts::callable);
            });
    Optional<BookMemory> memory =
        gates.map(folder ->
            new BookMemory(
                folder, parts.grid(), facts.fingerprint(), known -> has(cluster, known)));
    return new RouterAdditions(cluster, memory, limits);
  }

  private static boolean has(Optional<ClusterAdditions> cluster, ExpertBook.Added known) {
    return cluster.filter(open -> open.shelf().brings(known.fingerprint())).isPresent();
  }

  /**
   * Done when what was said about experts before is said again; nothing keeps that from serving.
   */
  CompletionStage<Boolean> begin() {
    return memory
        .<CompletionStage<Boolean>>map(open -> open.begin().handle(RouterAdditions::known))
        .orElse(CompletableFuture.completedFuture(true));
  }

  private static boolean known(@Nullable Void said, @Nullable Throwable failure) {
    if (failure != null) {
      LOG.warn("what was said about experts before is not known: {}", failure.toString());
    }
    return failure == null;
  }

  /** What has just been said about experts is there after a restart. */
  void remember(ExpertBook book) {
    memory.ifPresent(open -> open.remember(book));
  }

  @Override
  public void close() {
    memory.ifPresent(BookMemory::close);
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
    return new ClusterService.Experts(
        calls,
        new ExpertIntake(calls, asked, room),
        new ExpertRemoval(calls, asked, parts.id(), desk));
  }

  Optional<AddedShelf> shelf() {
    return cluster.map(ClusterAdditions::shelf);
  }
}
