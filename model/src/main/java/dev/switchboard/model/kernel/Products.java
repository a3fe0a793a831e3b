package dev.switchboard.model.kernel;

import dev.switchboard.model.crew.Work;
import org.jspecify.annotations.Nullable;

/**
 * Shares the products of one thread out over its crew: by panels of outputs, and by rows where
 * there are many rows and few panels. Sums over columns are never cut. What costs less than it
 * takes to wake a worker stays with the caller.
 *
 * <p>Belongs to one thread and is used again for each product, so that none allocates.
 */
final class Products {
  /** What a piece should read of weights, or their like in arithmetic, at least. */
  private static final long PIECE_BYTES = 64 << 10;

  /** Rows whose arithmetic on a byte of weights takes as long as reading it. */
  private static final int ROWS_A_BYTE = 8;

  /** So many for each thread, that a slow one does not keep the others waiting long. */
  private static final int PIECES_A_THREAD = 8;

  /** Rows of a piece at least, where rows are cut: whole register blocks of 6, 4 and 8. */
  private static final int ROW_TILE = 48;

  /** Floats that are worth sharing out when they become codes. */
  private static final int QUANTISE_FLOATS = 16 << 10;

  private final Scratch scratch;
  private final Work floatPieces = this::floatPiece;
  private final Work codePieces = this::codePiece;
  private final Work quantisePieces = this::quantisePiece;

  private @Nullable KernelSet set;
  private @Nullable PackedMatrix w;
  private @Nullable ActivationCodes codes;
  private float[] x = {};
  private float[] y = {};
  private int xOffset;
  private int yOffset;
  private int rows;
  private int panelsOfPiece;
  private int rowsOfPiece;
  private int rowPieces;

  Products(Scratch scratch) {
    this.scratch = scratch;
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  void floats(
      KernelSet kernels,
      PackedMatrix weights,
      float[] in,
      int inOffset,
      int inRows,
      float[] out,
      int outOffset) {
    int pieces = cut(weights, inRows);
    if (pieces <= 1) {
      int columns = weights.columns();
      kernels.matmul(
          weights,
          0,
          weights.panels(),
          in,
          inOffset,
          columns,
          inRows,
          out,
          outOffset,
          weights.rows(),
          scratch);
      return;
    }
    set = kernels;
    w = weights;
    x = in;
    xOffset = inOffset;
    y = out;
    yOffset = outOffset;
    scratch.crew().run(floatPieces, pieces);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  void codes(
      KernelSet kernels, PackedMatrix weights, ActivationCodes in, float[] out, int outOffset) {
    kernels.prepare(weights, in);
    int pieces = cut(weights, in.rows());
    if (pieces <= 1) {
      kernels.matmul(
          weights, 0, weights.panels(), in, 0, in.rows(), out, outOffset, weights.rows(), scratch);
      return;
    }
    set = kernels;
    w = weights;
    codes = in;
    y = out;
    yOffset = outOffset;
    scratch.crew().run(codePieces, pieces);
  }

  /** Fills {@code out}, whose shape is set, from that many floats. */
  void quantise(KernelSet kernels, float[] in, int inOffset, ActivationCodes out) {
    int columns = out.columns();
    int threads = scratch.crew().threads();
    if (threads == 1 || (long) out.rows() * columns < QUANTISE_FLOATS) {
      kernels.quantise(in, inOffset, columns, out, 0, out.rows(), 0, out.blocks());
    } else {
      set = kernels;
      codes = out;
      x = in;
      xOffset = inOffset;
      rows = out.rows();
      rowsOfPiece = Math.max(1, Math.ceilDiv(rows, threads * PIECES_A_THREAD));
      scratch.crew().run(quantisePieces, Math.ceilDiv(rows, rowsOfPiece));
    }
    out.changed();
  }

  /** Decides on pieces; how many. */
  private int cut(PackedMatrix weights, int inRows) {
    int threads = scratch.crew().threads();
    int panels = weights.panels();
    rows = inRows;
    panelsOfPiece = panels;
    rowsOfPiece = inRows;
    rowPieces = 1;
    if (threads == 1) {
      return 1;
    }
    panelsOfPiece = panelsOfPiece(weights, inRows, threads);
    int panelPieces = Math.ceilDiv(panels, panelsOfPiece);
    int few = threads * PIECES_A_THREAD / 2;
    if (panelPieces < few && inRows >= 2 * ROW_TILE) {
      int wanted = Math.min(inRows / ROW_TILE, Math.ceilDiv(few, panelPieces));
      rowsOfPiece = Math.ceilDiv(Math.ceilDiv(inRows, wanted), ROW_TILE) * ROW_TILE;
      rowPieces = Math.ceilDiv(inRows, rowsOfPiece);
    }
    return panelPieces * rowPieces;
  }

  /** Panels whose product with so many rows is worth a piece of its own. */
  static int panelsOfPiece(PackedMatrix weights, int inRows, int threads) {
    long cost = weights.panelBytes() * Math.max(1, inRows / ROWS_A_BYTE);
    int least = (int) Math.ceilDiv(PIECE_BYTES, cost);
    return Math.max(least, Math.ceilDiv(weights.panels(), threads * PIECES_A_THREAD));
  }

  private void floatPiece(int piece, int worker) {
    PackedMatrix weights = w;
    if (set == null || weights == null) {
      return;
    }
    int firstPanel = piece / rowPieces * panelsOfPiece;
    int firstRow = piece % rowPieces * rowsOfPiece;
    int columns = weights.columns();
    set.matmul(
        weights,
        firstPanel,
        Math.min(panelsOfPiece, weights.panels() - firstPanel),
        x,
        xOffset + firstRow * columns,
        columns,
        Math.min(rowsOfPiece, rows - firstRow),
        y,
        yOffset + firstRow * weights.rows() + firstPanel * PackedMatrix.PANEL,
        weights.rows(),
        scratch.of(worker));
  }

  private void codePiece(int piece, int worker) {
    PackedMatrix weights = w;
    ActivationCodes in = codes;
    if (set == null || weights == null || in == null) {
      return;
    }
    int firstPanel = piece / rowPieces * panelsOfPiece;
    int firstRow = piece % rowPieces * rowsOfPiece;
    set.matmul(
        weights,
        firstPanel,
        Math.min(panelsOfPiece, weights.panels() - firstPanel),
        in,
        firstRow,
        Math.min(rowsOfPiece, rows - firstRow),
        y,
        yOffset + firstRow * weights.rows() + firstPanel * PackedMatrix.PANEL,
        weights.rows(),
        scratch.of(worker));
  }

  private void quantisePiece(int piece, int worker) {
    ActivationCodes out = codes;
    if (set == null || out == null) {
      return;
    }
    int first = piece * rowsOfPiece;
    int columns = out.columns();
    set.quantise(
        x,
        xOffset + first * columns,
        columns,
        out,
        first,
        Math.min(rowsOfPiece, rows - first),
        0,
        out.blocks());
  }
}
