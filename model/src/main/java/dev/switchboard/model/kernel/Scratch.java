package dev.switchboard.model.kernel;

import dev.switchboard.model.crew.Crew;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Reusable buffers of one thread, so that a token allocates nothing. Not thread-safe: create it on
 * the thread that computes, and keep it there. It knows the crew that this thread leads, if any, so
 * that whatever is given a scratch can share its work out.
 */
public final class Scratch {
  /** Who uses a buffer; two users that are alive at once have two slots. */
  public enum Slot {
    PROJECTION,
    CONV_WINDOW,
    CONV_OUTPUT,
    SELECTION,
    STEP_INPUT,
    STEP_SIZES,
    DECAYS,
    SCAN_OUTPUT,
    HIDDEN,
    UP_TILE,
    GATE_TILE,
    EXPERT_INPUT,
    EXPERT_OUTPUT,
    GATE_LOGITS,
    GATE_RANKING,
    HEAD_INPUT,
    ROW,
    QUERY,
    KEY,
    VALUE,
    ATTENDED,
    HEAD_PART,
    HEAD_RESULT,
    ATTENTION_QUERIES,
    ATTENTION_SCORES,
    ATTENTION_PART,
    ATTENTION_RUNNING,
    ATTENTION_TOTALS,
    ATTENTION_RUNNING_TOTALS,
    ATTENTION_SEGMENTS,
    ATTENTION_SEGMENT_TOTALS
  }

  /** Partial sums of one row: see {@link KernelSet}. */
  final float[] lanes = new float[KernelSet.VIRTUAL_LANES];

  /** Columns that are widened at once, where weights are not floats. */
  static final int TILE_COLUMNS = BlockLayout.RUN;

  /** Widened weights: {@code [TILE_COLUMNS][64]}. */
  final float[] tile = new float[TILE_COLUMNS * PackedMatrix.PANEL];

  /** Codes of one row's block. */
  final byte[] blockCodes = new byte[256];

  /** Activations of the product that is being computed. */
  final ActivationCodes codes = new ActivationCodes();

  private final ActivationCodes shared = new ActivationCodes();

  /** Room for activations that several products in a row take. */
  public ActivationCodes sharedCodes() {
    return shared;
  }

  private final Crew crew;
  private final AttentionSet attentionSet;

  /** One a worker of the crew, made by that worker; the first is this one. */
  private final Scratch[] ofWorkers;

  /** How products of this thread are shared out. */
  final Products products = new Products(this);

  private @Nullable GroupedProducts grouped;

  /** This thread's arrays, as native code is given them. */
  final HeapViews views = new HeapViews();

  private MemorySegment room = MemorySegment.NULL;

  private float[] edge = new float[0];
  private @Nullable TileScratch tiles;

  /** Who attends on this thread. */
  final PagedAttention attention = new PagedAttention(this);

  /** Who keeps keys and values. */
  final KvStore kvStore = new KvStore(this);

  /** Who turns queries and keys by their positions. */
  final Rotation rotation = new Rotation(this);

  /** The rows that this thread computes, of its own attention or of its leader's. */
  final AttentionTile attentionTile;

  private final float[][] buffers = new float[Slot.values().length][0];

  /** For a thread that computes alone. */
  public Scratch() {
    this(Crew.ALONE);
  }

  /**
   * For the leader of a crew, whose workers get a scratch each.
   *
   * @throws IllegalStateException if the current thread flushes subnormal numbers to zero: it would
   *     give other bits than its peers
   */
  public Scratch(Crew crew) {
    this(crew, AttentionKernels.set());
  }

  /** With the given twin of attention. */
  Scratch(Crew crew, AttentionSet attentionSet) {
    Subnormals.check();
    this.attentionSet = attentionSet;
    this.attentionTile = new AttentionTile(attentionSet, this);
    this.crew = crew;
    this.ofWorkers = new Scratch[crew.threads()];
    ofWorkers[0] = this;
  }

  /** Who shares the work of this thread. */
  public Crew crew() {
    return crew;
  }

  /** A worker's own scratch; to be asked for by that worker alone, 0 is the leader. */
  public Scratch of(int worker) {
    Scratch scratch = ofWorkers[worker];
    if (scratch == null) {
      scratch = new Scratch(Crew.ALONE, attentionSet);
      ofWorkers[worker] = scratch;
    }
    return scratch;
  }

  /** Where rows meet a panel that is not full: {@code [rows][64]}, any content. */
  float[] edge(int rows) {
    int length = rows * PackedMatrix.PANEL;
    if (edge.length < length) {
      edge = new float[Math.max(length, edge.length + edge.length / 2)];
    }
    return edge;
  }

  /** Networks of one layer, shared out together. */
  public GroupedProducts grouped() {
    if (grouped == null) {
      grouped = new GroupedProducts(this);
    }
    return grouped;
  }

  TileScratch tiles() {
    if (tiles == null) {
      tiles = new TileScratch();
    }
    return tiles;
  }

  /** A buffer of at least {@code length} floats with any content; kept until asked for a larger. */
  public float[] floats(Slot slot, int length) {
    float[] buffer = buffers[slot.ordinal()];
    if (buffer.length < length) {
      buffer = new float[Math.max(length, buffer.length + buffer.length / 2)];
      buffers[slot.ordinal()] = buffer;
    }
    return buffer;
  }

  /** Native memory of at least that many bytes, with any content; kept until asked for more. */
  MemorySegment room(long bytes) {
    if (room.byteSize() < bytes) {
      room = Arena.ofAuto().allocate(bytes + bytes / 2, 64);
    }
    return room;
  }
}
