package dev.switchboard.router;

import dev.switchboard.cluster.gates.GateStore;
import dev.switchboard.cluster.settings.GateSettings;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.architecture.PlanTensors;
import dev.switchboard.router.added.Additions;
import dev.switchboard.router.api.ModelFacts;
import dev.switchboard.router.engine.GateWatcher;
import dev.switchboard.router.files.PeerFetch;
import dev.switchboard.router.gates.GateChooser;
import dev.switchboard.router.gates.GateDesk;
import dev.switchboard.router.gates.GateFolder;
import dev.switchboard.router.gates.GatePeers;
import dev.switchboard.router.gates.GateShelf;
import dev.switchboard.router.gates.GatesService;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The gates of a router, swapped or not. */
record RouterGates(
    Optional<GateDesk> desk, GateChooser chooser, List<Integer> moeLayers, long mostBytes) {
  /** Room for headers, corrections and experts to come. */
  private static final long SLACK_BYTES = 16L << 20;

  static RouterGates open(Router.Parts parts, ModelFacts facts, Additions additions) {
    Model model = parts.model();
    GateSettings settings = parts.settings().router().gateSwaps();
    Optional<GateDesk> desk = settings.gates().map(folder -> desk(parts, facts, folder, additions));
    return new RouterGates(
        desk,
        desk.<GateChooser>map(open -> open)
            .orElseGet(() -> GateChooser.of(model.trunk().usualGates())),
        facts.moeLayers(),
        mostBytes(model));
  }

  private static GateDesk desk(
      Router.Parts parts, ModelFacts facts, Path path, Additions additions) {
    Model model = parts.model();
    GateFolder folder = GateFolder.open(path);
    GatePeers peers =
        new GatePeers(new PeerFetch(parts.grid(), parts.id()), folder.versions(), mostBytes(model));
    return new GateDesk(
        new GateDesk.Parts(
            parts.id(),
            new GateDesk.Parts.Sizes(facts.moeLayers().size(), facts.experts()),
            parts.settings().router().gateSwaps(),
            new GateStore(parts.grid().states(), facts.fingerprint()),
            new GateShelf(model, folder.versions(), peers::fetch, additions)),
        folder);
  }

  /** Twice the model's own in F32. */
  static long mostBytes(Model model) {
    long numbers =
        GateArtifact.wanted(model.plan()).stream()
            .map(PlanTensors.Wanted::shape)
            .mapToLong(
                shape -> shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b))
            .sum();
    return 2 * Float.BYTES * numbers + SLACK_BYTES;
  }

  /**
   * @param refusal why the call that is being answered may not change gates; empty if it may
   */
  GatesService service(Supplier<Optional<Status>> refusal) {
    return new GatesService(desk, moeLayers, mostBytes, refusal);
  }

  GateWatcher watcher() {
    return desk.map(GateDesk::watcher).orElse(GateWatcher.NONE);
  }
}
