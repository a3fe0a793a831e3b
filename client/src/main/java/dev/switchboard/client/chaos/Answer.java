package dev.switchboard.client.chaos;

import java.util.List;

/**
 * The answer to one turn.
 *
 * @param degraded tokens that it says it read without some experts
 * @param flagged of its tokens, those that came with the flag
 */
record Answer(List<Integer> ids, String text, long degraded, long flagged) {
  Answer {
    ids = List.copyOf(ids);
  }

  /** With all experts. */
  Answer(List<Integer> ids, String text) {
    this(ids, text, 0, 0);
  }

  /** Tokens that are not as they should be, those that are missing or too many among them. */
  int wrongTokens(Answer right) {
    int both = Math.min(ids.size(), right.ids.size());
    int wrong = Math.max(ids.size(), right.ids.size()) - both;
    for (int i = 0; i < both; i++) {
      wrong += ids.get(i).equals(right.ids.get(i)) ? 0 : 1;
    }
    return wrong > 0 || text.equals(right.text) ? wrong : 1;
  }
}
