package dev.switchboard.router.engine;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.ForwardProbe;
import dev.switchboard.model.GateUse;
import dev.switchboard.model.Model;
import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.layer.KvCache;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * What the engine needs of a model: the trunk here, its experts wherever they are.
 *
 * @param tokenizer empty: ids are its text
 * @param moeLayers indices of the layers that have experts
 * @param experts most experts that a layer has
 * @param expertNames one an expert index, for people
 * @param crew led by the engine's thread
 * @param prefixes what sequences leave for those that begin alike
 * @param watcher hears what gates chose beside others
 */
public record EngineModel(
    Trunk trunk,
    ExpertRunner runner,
    Optional<Tokenizer> tokenizer,
    List<Integer> moeLayers,
    int experts,
    List<String> expertNames,
    Crew crew,
    PrefixStates prefixes,
    GateWatcher watcher) {
  /** Clients are not told apart here: all share what they have in common. */
  private static final String EVERYBODY = "";

  /** Without states of recurrent layers that are kept for others. */
  public static EngineModel of(Model model, ExpertRunner runner, Crew crew) {
    return of(model, runner, crew, new PrefixStates(model.trunk(), runner, 0, 0));
  }

  /**
   * @param prefixes of that model, with that runner
   */
  public static EngineModel of(Model model, ExpertRunner runner, Crew crew, PrefixStates prefixes) {
    int experts = model.moeLayers().stream().mapToInt(model::experts).max().orElse(0);
    List<String> names = IntStream.range(0, experts).mapToObj(model::expertName).toList();
    return new EngineModel(
        model.trunk(),
        runner,
        tokenizer(model),
        model.moeLayers(),
        experts,
        names,
        crew,
        prefixes,
        GateWatcher.NONE);
  }

  /** The same, watched. */
  public EngineModel watchedBy(GateWatcher given) {
    return new EngineModel(
        trunk, runner, tokenizer, moeLayers, experts, expertNames, crew, prefixes, given);
  }

  /** For people; of one that was added to the model, its index. */
  String expertName(int expert) {
    return expert < expertNames.size() ? expertNames.get(expert) : "expert-" + expert;
  }

  ForwardPass forwardPass() {
    return new ForwardPass(trunk, runner, ForwardProbe.NONE, crew);
  }

  /**
   * A sequence for the request's tokens: it goes on from the state that the request brings. Where
   * every position is to be reported it begins at the first; otherwise it may be as far as others
   * who began alike have come.
   *
   * @param ids gives the sequence its own, towards experts
   * @param tokens the prompt and what was generated already
   * @throws SnapshotException if the state is not of this model and these tokens
   */
  SequenceState newSequence(LongSupplier ids, EngineRequest request, int[] tokens) {
    if (request.start().isPresent()) {
      return restored(ids.getAsLong(), request.start().get(), request, tokens);
    }
    boolean allPositions =
        switch (request.work()) {
          case Work.Generate generate -> generate.spec().report().promptLogits();
          case Work.Route route -> true;
          case Work.Judge judge -> true;
        };
    int declared = request.declaredTokens();
    GateUse gates = request.gates().orElse(trunk.usualGates());
    return allPositions
        ? trunk.newSequence(ids.getAsLong(), declared, gates)
        : prefixes.newSequence(ids, tokens, declared, EVERYBODY, gates);
  }

  private SequenceState restored(
      long id, SequenceSnapshot snapshot, EngineRequest request, int[] tokens) {
    snapshot.checkPrompt(tokens);
    GateUse gates = request.gates().orElse(trunk.usualGates());
    SequenceState state = trunk.restore(id, snapshot, request.declaredTokens(), gates);
    try {
      runner.restore(id, state.experts(snapshot));
      return state;
    } catch (RuntimeException e) {
      state.close();
      release(id);
      throw e;
    }
  }

  /**
   * @throws SnapshotException if what experts remember cannot be had
   */
  SequenceSnapshot snapshot(SequenceState state, int[] tokens) {
    return state.snapshot(tokens, runner.snapshot(state.id()));
  }

  Ticket ticket(long id, EngineRequest request) {
    int newTokens =
        switch (request.work()) {
          case Work.Generate generate ->
              Math.max(1, generate.spec().maxTokens() - request.resumed().generated());
          case Work.Route route -> 0;
          case Work.Judge judge -> 0;
        };
    return new Ticket(
        id,
        request.client(),
        request.prompt().length,
        newTokens,
        request.chunkTokens(),
        request.deadlineNanos());
  }

  KvRoom kvRoom() {
    return trunk.kvCache().blockBytes() == 0 ? KvRoom.NONE : new CacheRoom(trunk.kvCache());
  }

  private record CacheRoom(KvCache cache) implements KvRoom {
    @Override
    public int blockTokens() {
      return KvShape.BLOCK_KEYS;
    }

    @Override
    public long blockBytes() {
      return cache.blockBytes();
    }

    @Override
    public long freeBlocks() {
      return Math.max(0, totalBlocks() - cache.usedBytes() / cache.blockBytes());
    }

    @Override
    public long totalBlocks() {
      return cache.budgetBytes() / cache.blockBytes();
    }
  }

  void release(long id) {
    runner.release(id);
  }

  /** The model's tokenizer, if its files bring one. */
  public static Optional<Tokenizer> tokenizer(Model model) {
    return model.hasTokenizer() ? Optional.of(model.tokenizer()) : Optional.empty();
  }

  /** For the text of what follows a prompt: one without any text begins a document. */
  TokenText newText(int[] prompt) {
    return tokenizer
        .map(t -> TokenText.of(t.decoder(IntStream.of(prompt).anyMatch(t::hasText))))
        .orElseGet(TokenText::ofIds);
  }

  CallCounts noCalls() {
    return new CallCounts(moeLayers.size(), experts);
  }
}
