package dev.switchboard.model.quantise;

import dev.switchboard.model.checkpoint.DType;
import java.util.List;

/**
 * What one tensor is stored as, and why.
 *
 * @param shape slowest first
 * @param wanted what was asked for
 * @param written what it became
 * @param why a sentence for people; empty if it is as asked
 */
public record TypeChoice(
    String tensor, List<Long> shape, DType wanted, DType written, Reason reason, String why) {
  /** Kinds of reasons. */
  public enum Reason {
    AS_ASKED,
    /** A small or delicate tensor keeps its floats. */
    KEPT,
    /** The file type's mixture gives this tensor more bits. */
    MIXED,
    /** Its rows do not divide into blocks. */
    FELL_BACK
  }

  public TypeChoice {
    shape = List.copyOf(shape);
  }
}
