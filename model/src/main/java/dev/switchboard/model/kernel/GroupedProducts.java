package dev.switchboard.model.kernel;

import dev.switchboard.model.crew.Work;
import dev.switchboard.model.kernel.Scratch.Slot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The networks {@code down(step(gate x, up x))} of one layer, each for rows of its own, in two
 * rounds of the crew: all gates and ups with what follows them, then all downs. Rows are sorted by
 * network; a piece is some panels of one network for some of its rows, so that no network waits for
 * another and none is padded. The hidden values become codes, where down takes codes, in the piece
 * that made them.
 *
 * <p>Belongs to one thread, which leads; used again and again, so that nothing is allocated.
 */
public final class GroupedProducts {
  private static final int PANEL = PackedMatrix.PANEL;

  /** What a piece should read of weights, or their like in arithmetic, at least. */
  private static final long PIECE_BYTES = 64 << 10;

  /** Rows whose arithmetic on a byte of weights takes as long as reading it. */
  private static final int ROWS_A_BYTE = 8;

  /** Hidden values of a piece at the most: two tiles of them stay in a core's cache. */
  private static final int TILE_FLOATS = 16 << 10;

  /** Rows of a piece of the second round at the most. */
  private static final int DOWN_ROWS = 192;

  /** A network and its rows. */
  private static final class Segment {
    @Nullable PackedMatrix gate;
    PackedMatrix up = NOTHING;
    PackedMatrix down = NOTHING;
    TileStep step = (gate, up, rows, firstColumn, columns) -> {};
    int firstRow;
    int rows;
    int firstPiece;
    int rowPieces;
    int rowsOfPiece;
    int panelsOfPiece;
  }

  private static final PackedMatrix NOTHING = PackedMatrix.ofFloats(1, 1, new float[1]);

  private final Scratch scratch;
  private final List<Segment> segments = new ArrayList<>();
  private final ActivationCodes hiddenCodes = new ActivationCodes();
  private final Work hiddenPieces = this::hiddenPiece;
  private final Work downPieces = this::downPiece;
  private int count;
  private int allRows;
  private long cost;

  private @Nullable ActivationCodes codes;
  private float[] in = {};
  private int inOffset;
  private float[] hidden = {};
  private float[] out = {};
  private int outOffset;

  GroupedProducts(Scratch scratch) {
    this.scratch = scratch;
  }

  /** Forgets the networks of the last time. */
  public void begin() {
    count = 0;
    allRows = 0;
  }

  /**
   * Adds a network for the next rows.
   *
   * @param gate null for networks without
   * @throws IllegalArgumentException if its shape or its arithmetic is not that of the first
   */
  // size: the parts of a network
  public void add(
      @Nullable PackedMatrix gate, PackedMatrix up, PackedMatrix down, TileStep step, int rows) {
    if (count == segments.size()) {
      segments.add(new Segment());
    }
    Segment segment = segments.get(count);
    segment.gate = gate;
    segment.up = up;
    segment.down = down;
    segment.step = step;
    segment.firstRow = allRows;
    segment.rows = rows;
    Segment first = segments.getFirst();
    if (up.rows() != down.columns()
        || up.rows() != first.up.rows()
        || up.columns() != first.up.columns()
        || down.rows() != first.down.rows()
        || up.activationBlock() != first.up.activationBlock()
        || down.activationBlock() != first.down.activationBlock()) {
      throw new IllegalArgumentException(
          "up %s and down %s beside up %s and down %s".formatted(up, down, first.up, first.down));
    }
    count++;
    allRows += rows;
  }

  /** All rows as floats, {@code [rows, in]}, to {@code [rows, out]}, in the order of adding. */
  public void forward(float[] x, int xOffset, float[] y, int yOffset) {
    if (count == 0) {
      return;
    }
    PackedMatrix up = segments.getFirst().up;
    if (up.activationBlock() != 0) {
      throw new IllegalArgumentException(up + " takes codes; given floats");
    }
    Kernels.check("x", x, xOffset, allRows, up.columns(), up);
    codes = null;
    in = x;
    inOffset = xOffset;
    run(y, yOffset);
  }

  /** The same for rows as codes. */
  public void forward(ActivationCodes x, float[] y, int yOffset) {
    if (count == 0) {
      return;
    }
    PackedMatrix up = segments.getFirst().up;
    if (x.block() != up.activationBlock() || x.columns() != up.columns() || x.rows() < allRows) {
      throw new IllegalArgumentException(
          "%d rows of %s, blocks of %d; given %s".formatted(allRows, up, up.activationBlock(), x));
    }
    codes = x;
    Kernels.set().prepare(up, x);
    run(y, yOffset);
  }

  private void run(float[] y, int yOffset) {
    PackedMatrix down = segments.getFirst().down;
    Kernels.check("y", y, yOffset, allRows, down.rows(), down);
    out = y;
    outOffset = yOffset;
    int width = down.columns();
    if (down.activationBlock() > 0) {
      hiddenCodes.resize(allRows, width, down.activationBlock());
    } else {
      hidden = scratch.floats(Slot.HIDDEN, allRows * width);
    }
    share(hiddenPieces, cutHidden());
    if (down.activationBlock() > 0) {
      hiddenCodes.changed();
      Kernels.set().prepare(down, hiddenCodes);
    }
    share(downPieces, cutDown());
  }

  private void share(Work work, int pieces) {
    if (cost < 2 * PIECE_BYTES || scratch.crew().threads() == 1) {
      for (int piece = 0; piece < pieces; piece++) {
        work.piece(piece, 0);
      }
    } else {
      scratch.crew().run(work, pieces);
    }
  }

  private int cutHidden() {
    int pieces = 0;
    cost = 0;
    for (int i = 0; i < count; i++) {
      Segment segment = segments.get(i);
      long bytes = segment.up.panelBytes() * (segment.gate == null ? 1 : 2);
      // A block of the hidden values' codes belongs to one piece.
      int unit = Math.max(1, segment.down.activationBlock() / PANEL);
      int panels = cut(segment, bytes, unit, segment.up.panels());
      segment.rowsOfPiece = Math.max(1, TILE_FLOATS / (panels * PANEL));
      pieces = number(segment, pieces, segment.up.panels());
    }
    return pieces;
  }

  private int cutDown() {
    int pieces = 0;
    cost = 0;
    for (int i = 0; i < count; i++) {
      Segment segment = segments.get(i);
      cut(segment, segment.down.panelBytes(), 1, segment.down.panels());
      segment.rowsOfPiece = DOWN_ROWS;
      pieces = number(segment, pieces, segment.down.panels());
    }
    return pieces;
  }

  private int cut(Segment segment, long panelBytes, int unit, int panels) {
    long work = panelBytes * Math.max(1, segment.rows / ROWS_A_BYTE);
    cost += work * panels;
    int most = Math.max(1, TILE_FLOATS / PANEL / 16);
    int wanted = (int) Math.min(most, Math.ceilDiv(PIECE_BYTES, work));
    segment.panelsOfPiece = Math.ceilDiv(wanted, unit) * unit;
    return segment.panelsOfPiece;
  }

  private static int number(Segment segment, int firstPiece, int panels) {
    segment.firstPiece = firstPiece;
    segment.rowPieces = Math.ceilDiv(segment.rows, segment.rowsOfPiece);
    // Equal tiles instead of full ones and a rest.
    segment.rowsOfPiece =
        segment.rowPieces == 0 ? 1 : Math.ceilDiv(segment.rows, segment.rowPieces);
    return firstPiece + segment.rowPieces * Math.ceilDiv(panels, segment.panelsOfPiece);
  }

  private Segment segmentOf(int piece) {
    int low = 0;
    int high = count - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (segments.get(middle).firstPiece <= piece) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return segments.get(low);
  }

  private void hiddenPiece(int piece, int worker) {
    Segment segment = segmentOf(piece);
    int index = piece - segment.firstPiece;
    int firstPanel = index / segment.rowPieces * segment.panelsOfPiece;
    int panels = Math.min(segment.panelsOfPiece, segment.up.panels() - firstPanel);
    int first = index % segment.rowPieces * segment.rowsOfPiece;
    int rows = Math.min(segment.rowsOfPiece, segment.rows - first);
    int firstRow = segment.firstRow + first;
    int firstColumn = firstPanel * PANEL;
    int columns = Math.min(panels * PANEL, segment.up.rows() - firstColumn);
    Scratch own = scratch.of(worker);
    float[] upTile = own.floats(Slot.UP_TILE, rows * columns);
    float[] gateTile = own.floats(Slot.GATE_TILE, rows * columns);
    PackedMatrix gate = segment.gate;
    if (gate != null) {
      product(gate, firstPanel, panels, firstRow, rows, gateTile, columns, own);
    }
    product(segment.up, firstPanel, panels, firstRow, rows, upTile, columns, own);
    segment.step.apply(gateTile, upTile, rows, firstColumn, columns);
    keep(upTile, rows, columns, firstRow, firstColumn);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void product(
      PackedMatrix w,
      int firstPanel,
      int panels,
      int firstRow,
      int rows,
      float[] tile,
      int columns,
      Scratch own) {
    KernelSet set = Kernels.set();
    ActivationCodes x = codes;
    if (x != null) {
      set.matmul(w, firstPanel, panels, x, firstRow, rows, tile, 0, columns, own);
    } else {
      int width = w.columns();
      int from = inOffset + firstRow * width;
      set.matmul(w, firstPanel, panels, in, from, width, rows, tile, 0, columns, own);
    }
  }

  private void keep(float[] tile, int rows, int columns, int firstRow, int firstColumn) {
    PackedMatrix down = segments.getFirst().down;
    int block = down.activationBlock();
    if (block > 0) {
      int blocks = columns / block;
      Kernels.set()
          .quantise(tile, 0, columns, hiddenCodes, firstRow, rows, firstColumn / block, blocks);
      return;
    }
    int width = down.columns();
    for (int r = 0; r < rows; r++) {
      int to = (firstRow + r) * width + firstColumn;
      System.arraycopy(tile, r * columns, hidden, to, columns);
    }
  }

  private void downPiece(int piece, int worker) {
    Segment segment = segmentOf(piece);
    int index = piece - segment.firstPiece;
    int firstPanel = index / segment.rowPieces * segment.panelsOfPiece;
    PackedMatrix down = segment.down;
    int panels = Math.min(segment.panelsOfPiece, down.panels() - firstPanel);
    int first = index % segment.rowPieces * segment.rowsOfPiece;
    int rows = Math.min(segment.rowsOfPiece, segment.rows - first);
    int row = segment.firstRow + first;
    int width = down.rows();
    int to = outOffset + row * width + firstPanel * PANEL;
    Scratch own = scratch.of(worker);
    KernelSet set = Kernels.set();
    if (down.activationBlock() > 0) {
      set.matmul(down, firstPanel, panels, hiddenCodes, row, rows, out, to, width, own);
    } else {
      int columns = down.columns();
      int from = row * columns;
      set.matmul(down, firstPanel, panels, hidden, from, columns, rows, out, to, width, own);
    }
  }
}
