package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;

/**
 * The shape of a packed matrix {@code [rows, columns]}: what decides how many bytes it takes, and
 * where in them each weight lies.
 *
 * @param scaleColumns columns that share a scale of F8_E4M3; 0 for other types
 */
public record PackedShape(Format format, int rows, int columns, int scaleColumns) {
  /**
   * Changes whenever any byte of any packed matrix does: of a panel's order, of a block type's
   * layout, of what a reader makes of a file's tensors. Packed matrices outlive a process (in
   * files), and are found again under this number alone.
   */
  public static final int LAYOUT_VERSION = 2;

  /**
   * @throws IllegalArgumentException if no matrix can have this shape
   */
  public PackedShape {
    if (rows < 1 || columns < 1 || columns > PackedMatrix.MAX_COLUMNS) {
      throw new IllegalArgumentException(
          "%s[%s, %s]; expected at least one row and 1 to %s columns"
              .formatted(format, rows, columns, PackedMatrix.MAX_COLUMNS));
    }
    if (columns % format.blockElements() != 0) {
      throw new IllegalArgumentException(
          format + " of " + columns + " columns; expected blocks of " + format.blockElements());
    }
    if (format == Format.F8_E4M3 ? scaleColumns < 1 : scaleColumns != 0) {
      throw new IllegalArgumentException(
          scaleColumns + " columns of " + format + " share a scale; expected scales of F8_E4M3");
    }
  }

  /** A matrix whose type brings its scales, or has none. */
  public static PackedShape of(Format format, int rows, int columns) {
    return new PackedShape(format, rows, columns, 0);
  }

  /** Panels of 64 rows; the last may be filled up. */
  public int panels() {
    return (rows + PackedMatrix.PANEL - 1) / PackedMatrix.PANEL;
  }

  /** Real rows of a panel: 64, but fewer in the last. */
  int width(int panel) {
    return Math.min(PackedMatrix.PANEL, rows - panel * PackedMatrix.PANEL);
  }

  /** Bytes of one panel. */
  public long panelBytes() {
    if (format.isBlockType()) {
      return (long) columns / format.blockElements() * BlockLayout.of(format).panelBlockBytes();
    }
    return valueBytes() + (long) scaleBlocks() * PackedMatrix.PANEL * Float.BYTES;
  }

  /** Bytes of all panels, padding included. */
  public long bytes() {
    return panels() * panelBytes();
  }

  /** Bytes of a panel's values; its scales follow. */
  long valueBytes() {
    return (long) columns * PackedMatrix.PANEL * format.blockBytes();
  }

  int scaleBlocks() {
    return scaleColumns == 0 ? 0 : (columns + scaleColumns - 1) / scaleColumns;
  }
}
