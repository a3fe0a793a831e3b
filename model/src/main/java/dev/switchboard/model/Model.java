package dev.switchboard.model;

import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.architecture.Architectures;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.chat.ChatTemplate;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.gguf.GgufModels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.packcache.PackOptions;
import dev.switchboard.model.packcache.PackSource;
import dev.switchboard.model.packcache.PackStore;
import dev.switchboard.model.packcache.PackStores;
import dev.switchboard.model.snapshot.SnapshotOrigin;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model on disk, opened. Trunk, experts and tokenizer are loaded when first asked for, and the
 * first two do not need the files afterwards. Thread-safe.
 */
public final class Model implements AutoCloseable {
  private final Checkpoint base;
  private final ModelPlan plan;
  private final PackOptions packs;
  private final Optional<GateArtifact> laidOver;
  private @Nullable String fingerprint;
  private volatile @Nullable PackStore store;
  private @Nullable Trunk trunk;
  private boolean mixersPlaced;
  private final ModelTexts texts;

  private Model(Checkpoint opened, Optional<Path> gateDirectory, @Nullable String fingerprint) {
    this(opened, gateDirectory, fingerprint, PackOptions.ofProcess());
  }

  private Model(
      Checkpoint opened,
      Optional<Path> gateDirectory,
      @Nullable String fingerprint,
      PackOptions packs) {
    this.packs = packs;
    this.fingerprint = fingerprint;
    try {
      this.base = GgufModels.asFolder(opened);
      this.plan = Architectures.plan(base);
      this.texts = new ModelTexts(base, plan.vocabulary());
      this.laidOver = gateDirectory.map(GateArtifact::read);
      laidOver.ifPresent(gate -> gate.over(base, plan, fingerprint()));
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /**
   * Opens a model directory or a GGUF file.
   *
   * @throws CheckpointException naming what is missing, misshapen or unknown, and where
   */
  public static Model open(Path directory) {
    return open(directory, Optional.empty());
  }

  /**
   * Opens a model directory, with another gate laid over its own.
   *
   * @param gateDirectory as {@code train router} writes it
   * @throws CheckpointException naming what is missing, misshapen or unknown, and where; also for a
   *     gate that was made for another model
   */
  public static Model open(Path directory, Optional<Path> gateDirectory) {
    return new Model(Checkpoint.open(directory), gateDirectory, null);
  }

  /**
   * Opens a model directory with one more expert, and the gate that came with it.
   *
   * @param expertDirectory as {@code train expert} writes it
   * @throws CheckpointException naming what is missing, misshapen or unknown, and where; also for
   *     an expert or a gate that was made for another model
   */
  public static Model withExpert(Path directory, Path expertDirectory) {
    AddedExpert expert = AddedExpert.read(expertDirectory);
    GateArtifact gate = expert.gate();
    Checkpoint opened = Checkpoint.open(directory);
    Checkpoint whole;
    try {
      whole = expert.over(opened, gate, Fingerprint.of(opened));
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
    // Packed weights are kept by the name of a model, and this one has no files of its own.
    return new Model(whole, Optional.empty(), null, PackOptions.of("off", "auto"));
  }

  /**
   * Gates for this model's sequences that also choose an expert which this model does not have.
   *
   * @throws CheckpointException if either does not belong to this model
   */
  public GateSet gates(AddedExpert expert, GateArtifact gate) {
    return gates(List.of(expert), gate);
  }

  /**
   * Gates for this model's sequences that also choose experts which this model does not have.
   *
   * @param experts in the order of their indices
   * @throws CheckpointException if one of all does not belong to this model, or the gates choose
   *     from another number of experts
   */
  public GateSet gates(List<AddedExpert> experts, GateArtifact gate) {
    if (experts.isEmpty()) {
      return gates(gate);
    }
    Checkpoint whole = base;
    for (AddedExpert expert : experts) {
      whole = expert.over(whole, gate, fingerprint());
    }
    ModelPlan grown = Architectures.plan(whole);
    return new GateLoader(new Weights(whole, PackStore.IN_MEMORY)).set(gate.version(), grown);
  }

  /**
   * Loads one layer of an expert which this model does not have.
   *
   * @throws CheckpointException if it does not belong to this model
   */
  public Expert loadExpert(AddedExpert expert, int layer) {
    AddedExpert.Alone alone = expert.alone(base, fingerprint());
    return new ModelExperts(alone.plan(), alone.checkpoint())
        .load(layer, expert.index(), new Weights(alone.checkpoint(), PackStore.IN_MEMORY));
  }

  static Model open(Path directory, PackOptions packs) {
    return new Model(Checkpoint.open(directory), Optional.empty(), null, packs);
  }

  /**
   * A model whose weights are elsewhere.
   *
   * @param checkpoint {@link Checkpoint#elsewhere}; closed with the model
   * @param fingerprint of the model there
   * @throws CheckpointException naming what is missing, misshapen or unknown
   */
  public static Model elsewhere(Checkpoint checkpoint, String fingerprint) {
    return new Model(checkpoint, Optional.empty(), fingerprint);
  }

  /** Of the weights in memory, bytes that are packed in files of the cache. */
  public long packCacheBytes() {
    PackStore packed = store;
    return packed == null ? 0 : packed.bytesFound();
  }

  /**
   * Bytes of weights that were read or found packed since it was opened, checks of the whole not
   * counted.
   */
  public long bytesRead() {
    PackStore packed = store;
    return base.bytesRead() + (packed == null ? 0 : packed.bytesFound());
  }

  /** What others need to make an equal model of: the configuration, and all tensors. */
  public Checkpoint checkpoint() {
    return base;
  }

  public Path path() {
    return base.path();
  }

  public ModelPlan plan() {
    return plan;
  }

  /** Names the model by its content, 32 hex digits; a gate laid over it does not change it. */
  public synchronized String fingerprint() {
    if (fingerprint == null) {
      fingerprint = Fingerprint.of(base);
    }
    return fingerprint;
  }

  /**
   * What snapshots of its sequences are told apart by: its content, and how this process computes;
   * the gates of a sequence are its own.
   */
  public SnapshotOrigin snapshotOrigin() {
    List<String> options = new ArrayList<>(Kernels.arithmeticOptions());
    boolean attention =
        plan.layers().stream()
            .flatMap(layer -> layer.mixer().stream())
            .anyMatch(branch -> keepsKeys(branch.block()));
    if (attention) {
      options.addAll(Kernels.keyValueOptions());
    }
    return new SnapshotOrigin(fingerprint(), "", Arithmetic.VERSION, options);
  }

  private static boolean keepsKeys(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Attention attention -> true;
      case MixerPlan.LatentAttention latent -> true;
      case MixerPlan.Mamba1 mamba -> false;
      case MixerPlan.Mamba2 mamba -> false;
    };
  }

  /** Indices of the layers that have experts. */
  public List<Integer> moeLayers() {
    return plan.moeLayers();
  }

  /** Experts of a layer. */
  public int experts(int layer) {
    return parts().moe(layer).experts();
  }

  /** The layers that have experts, ascending. */
  public List<ExpertLayer> expertLayers() {
    return moeLayers().stream().map(parts()::layer).toList();
  }

  /**
   * Recurrent mixers are to be experts that every token chooses, of "layers" behind those of the
   * model: the trunk will not have them.
   *
   * @throws IllegalStateException if the trunk was loaded with them
   */
  public synchronized void placeMixers() {
    if (trunk != null && !mixersPlaced) {
      throw new IllegalStateException(
          "the trunk of " + path() + " has been loaded with its mixers");
    }
    mixersPlaced = true;
  }

  /** The recurrent mixers as layers of one expert each, ascending, wherever they are. */
  public List<ExpertLayer> mixerLayers() {
    return new Mixers(plan).layers();
  }

  /** Mixers that the trunk does not have: all of {@link #mixerLayers}, or none. */
  public synchronized List<ExpertLayer> placedMixers() {
    return mixersPlaced ? mixerLayers() : List.of();
  }

  /** Bytes of the file that loading an expert, or a placed mixer, reads: its matrices'. */
  public long expertBytes(int layer, int index) {
    return parts().bytes(layer, index);
  }

  private ModelExperts parts() {
    return new ModelExperts(plan, base);
  }

  /** How its makers would draw its tokens. */
  public GenerationDefaults generationDefaults() {
    return base.gguf().isPresent()
        ? GenerationDefaults.NONE
        : GenerationDefaults.ofFolder(base.folder());
  }

  private Weights weights() {
    return new Weights(base, store());
  }

  /** Chosen when weights are first loaded: naming a model by its content takes a moment. */
  private synchronized PackStore store() {
    PackStore chosen = store;
    if (chosen == null) {
      chosen = chooseStore();
      store = chosen;
    }
    return chosen;
  }

  private PackStore chooseStore() {
    // Of weights that come from elsewhere only in a folder that was named for it.
    if (!packs.on()
        || base.weightFiles().isEmpty() && packs.folder().isEmpty()
        || sizes().total().bytes() < packs.leastModelBytes()) {
      return PackStore.IN_MEMORY;
    }
    PackSource source = new PackSource(base.path(), plan.name(), fingerprint(), base.weightFiles());
    return PackStores.open(source, packs);
  }

  /** What its parts weigh; nothing is loaded. */
  public ModelSizes sizes() {
    return ModelSizes.of(plan, base);
  }

  /** An expert's name, for people. */
  public String expertName(int index) {
    return index >= 0 && index < plan.expertNames().size()
        ? plan.expertNames().get(index)
        : "expert-" + index;
  }

  /** All of the model but its experts; loaded once. */
  public synchronized Trunk trunk() {
    if (trunk == null) {
      trunk =
          Trunk.load(
              plan, mixersPlaced, weights(), this::snapshotOrigin, laidOver.map(this::gates));
    }
    return trunk;
  }

  /**
   * Gates for this model's sequences.
   *
   * @throws CheckpointException if they were made for another model, or do not fit this one
   */
  public GateSet gates(GateArtifact artifact) {
    Checkpoint over = artifact.over(base, plan, fingerprint());
    return new GateLoader(new Weights(over, PackStore.IN_MEMORY)).set(artifact.version(), plan);
  }

  /** The gates that its own files bring, as others would be written. */
  public GateArtifact ownGates() {
    return GateArtifact.ofModel(base, plan, fingerprint());
  }

  /**
   * Loads one expert, anew at every call.
   *
   * @throws IllegalArgumentException if there is no such layer or expert
   */
  public Expert loadExpert(int layer, int index) {
    return parts().load(layer, index, weights());
  }

  /** Loads all experts, to run them in this process. */
  public LocalExperts localExperts() {
    return localExperts(Crew.ALONE);
  }

  /** Loads all experts, to run them in this process on a crew that others may lead in turn. */
  public LocalExperts localExperts(Crew crew) {
    Map<Integer, List<Expert>> byLayer = new TreeMap<>();
    for (int layer : moeLayers()) {
      // Packing takes longer than reading: all processors do it.
      byLayer.put(
          layer,
          IntStream.range(0, experts(layer))
              .parallel()
              .mapToObj(e -> loadExpert(layer, e))
              .toList());
    }
    placedMixers()
        .forEach(mixer -> byLayer.put(mixer.layer(), List.of(loadExpert(mixer.layer(), 0))));
    return new LocalExperts(byLayer, crew);
  }

  /** Whether the model's files bring a tokenizer; without one it reads and writes ids alone. */
  public boolean hasTokenizer() {
    return texts.hasTokenizer();
  }

  /**
   * The model's chat template, if it brings one.
   *
   * @throws CheckpointException if its tokenizer or a file of the template is not sound
   */
  public Optional<ChatTemplate> chatTemplate() {
    return texts.chatTemplate();
  }

  /**
   * The model's tokenizer; opened once, closed with the model.
   *
   * @throws CheckpointException if it is missing or not sound, or has ids that the model's
   *     vocabulary does not have
   */
  public Tokenizer tokenizer() {
    return texts.tokenizer();
  }

  @Override
  public synchronized void close() {
    texts.close();
    base.close();
  }
}
