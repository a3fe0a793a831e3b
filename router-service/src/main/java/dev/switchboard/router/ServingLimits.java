package dev.switchboard.router;

import dev.switchboard.cluster.settings.LostExpert;
import dev.switchboard.cluster.settings.RouterSettings;
import dev.switchboard.cluster.settings.SettingsException;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.ModelSizes;
import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.layer.KvCache;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.router.api.ApiLimits;
import dev.switchboard.router.dispatch.RemoteSpec;
import dev.switchboard.router.engine.SchedulerLimits;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * How much this router takes on with this model: its settings, and what follows from the model's
 * sizes.
 *
 * @param stepTokens rows of one step
 */
record ServingLimits(RouterSettings settings, Model model, ModelSizes sizes, int stepTokens) {
  private static final Duration STALL_LIMIT = Duration.ofSeconds(30);
  private static final int FRAME_OVERHEAD_BYTES = 64 << 10;
  private static final int STATE_SHARE = 4;

  /** Of the heap, where they are: states of running requests at the most. */
  private static final int LIVE_SHARE = 3;

  /** Of the heap: what rebuilds states that nodes have. */
  private static final int COPIES_SHARE = 6;

  /**
   * @throws SettingsException if not even one request fits
   */
  static ServingLimits of(RouterSettings settings, Model model) {
    KvCache cache = model.trunk().kvCache();
    if (settings.kvCacheBytes() > 0) {
      cache.setBudget(settings.kvCacheBytes());
    }
    return new ServingLimits(settings, model, model.sizes(), stepTokens(settings, model));
  }

  /** As many as the experts' answers to them fit into a message. */
  static int stepTokens(RouterSettings settings, Model model) {
    if (settings.localExperts()) {
      return settings.stepTokens();
    }
    long room = settings.maxMessageBytes() - FRAME_OVERHEAD_BYTES - stateRoom(settings, model);
    long most = Math.max(0, room) / Math.max(1, rowBytes(model));
    if (most < settings.maxSequences()) {
      throw new SettingsException(
          "router.maxMessageBytes is %d; the experts' answer to one token of model %s may take %d bytes, and every step must have room for one of each running request (router.maxSequences, %d): raise the one or lower the other"
              .formatted(
                  settings.maxMessageBytes(),
                  model.plan().name(),
                  rowBytes(model),
                  settings.maxSequences()));
    }
    return (int) Math.min(most, settings.stepTokens());
  }

  private static Stream<ExpertLayer> placed(Model model) {
    return Stream.concat(model.expertLayers().stream(), model.placedMixers().stream());
  }

  private static long expertStateBytes(Model model) {
    return placed(model).mapToLong(ExpertLayer::stateBytes).max().orElse(0);
  }

  /** Of a message: what states of experts may take. */
  private static long stateRoom(RouterSettings settings, Model model) {
    long each = expertStateBytes(model);
    return each == 0 ? 0 : Math.max(each, settings.maxMessageBytes() / STATE_SHARE);
  }

  /** What the router keeps of experts' states. */
  static RemoteSpec.Keeping keeping(RouterSettings settings, Model model) {
    return new RemoteSpec.Keeping(
        settings.replayTokens(),
        ofTheHeap(settings.stateCopyBytes(), COPIES_SHARE),
        stateRoom(settings, model));
  }

  private static long rowBytes(Model model) {
    return placed(model)
        .mapToLong((ExpertLayer layer) -> (long) layer.topK() * layer.width() * Float.BYTES)
        .max()
        .orElse(0);
  }

  /** Largest message that a step can lead to. */
  static long messageBytes(RouterSettings settings, Model model) {
    return stepTokens(settings, model) * rowBytes(model)
        + stateRoom(settings, model)
        + FRAME_OVERHEAD_BYTES;
  }

  SchedulerLimits scheduler() {
    return new SchedulerLimits(
        maxRunning(),
        settings.queue(),
        stepTokens,
        settings.promptDelay(),
        keyCost(),
        STALL_LIMIT,
        prefixChunk(),
        settings.maxWait());
  }

  /** Tokens between two states that are kept for others; 0 if none are. */
  private int prefixChunk() {
    if (settings.prefixBytes() == 0 || model.trunk().sharesPrefixes()) {
      return 0;
    }
    return Math.ceilDiv(settings.prefixChunk(), PrefixStates.CHUNK_STEP) * PrefixStates.CHUNK_STEP;
  }

  PrefixStates prefixes(ExpertRunner runner) {
    boolean onHeap = placed(model).anyMatch(ExpertLayer::stateful);
    long most = onHeap ? Runtime.getRuntime().maxMemory() / 4 : Long.MAX_VALUE;
    return new PrefixStates(
        model.trunk(), runner, prefixChunk(), Math.min(settings.prefixBytes(), most));
  }

  ApiLimits api() {
    int model = this.model.plan().maxPromptTokens();
    boolean attention = sizes.keyValueBytesPerToken() > 0;
    int context =
        settings.maxContextTokens() > 0
            ? settings.maxContextTokens()
            : attention ? model : Integer.MAX_VALUE;
    return new ApiLimits(
        Math.min(settings.maxPromptTokens(), model),
        settings.maxNewTokens(),
        context,
        Math.min(settings.promptChunk(), stepTokens),
        stepTokens,
        settings.maxSavedStateBytes(),
        settings.repeats().onLostExpert() == LostExpert.DEGRADE);
  }

  /** No more than there is memory for their recurrent states. */
  private int maxRunning() {
    long each = liveBytes();
    if (each == 0) {
      return settings.maxSequences();
    }
    long budget = ofTheHeap(settings.stateBytes(), LIVE_SHARE);
    if (budget < each) {
      throw new SettingsException(
          "%d bytes are for recurrent states (router.stateBytes, and no more than a third of the Java heap); that of one sequence of model %s takes %d"
              .formatted(budget, model.plan().name(), each));
    }
    return (int) Math.min(settings.maxSequences(), budget / each);
  }

  /** What a sequence may come to remember in this process, all its experts' states included. */
  private long liveBytes() {
    long experts =
        settings.localExperts()
            ? placed(model).mapToLong(layer -> layer.experts() * layer.stateBytes()).sum()
            : 0;
    return model.trunk().stateBytes() + experts;
  }

  /** What was asked for, or all of the share. */
  private static long ofTheHeap(long asked, int share) {
    long most = Runtime.getRuntime().maxMemory() / share;
    return asked > 0 ? Math.min(asked, most) : most;
  }

  /** Multiply-adds of a row with one key, over those of a row with the weights. */
  private double keyCost() {
    long perKey = 0;
    for (LayerPlan layer : model.plan().layers()) {
      perKey += layer.mixer().map(branch -> perKey(branch.block())).orElse(0L);
    }
    return (double) perKey / Math.max(1, sizes.activeParameters());
  }

  private static long perKey(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Attention attention ->
          2L * attention.heads().query() * attention.heads().dim();
      case MixerPlan.LatentAttention latent ->
          (long) latent.heads().count()
              * (2L * latent.heads().latentRank() + latent.heads().rope());
      case MixerPlan.Mamba1 mamba -> 0L;
      case MixerPlan.Mamba2 mamba -> 0L;
    };
  }
}
