package dev.switchboard.model;

import java.util.List;

/**
 * Why a segment of a step has no result; its sequence cannot go on.
 *
 * @param segment index in the step
 * @param layer where it happened; the number of layers stands for the head
 * @param lostExperts experts of that layer that did not answer, {@link #MIXER} for its mixer; empty
 *     if that was not the reason
 * @param reason for people
 */
public record SegmentFailure(int segment, int layer, List<Integer> lostExperts, String reason) {
  /** Stands for a layer's mixer where that is placed as experts are. */
  public static final int MIXER = -1;

  public SegmentFailure {
    lostExperts = List.copyOf(lostExperts);
  }
}
