package dev.switchboard.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Encodes as SentencePiece's BPE does, by the pieces' scores: of all neighbours whose joint text is
 * a piece, those with the highest score are joined, the leftmost first, until none are left. What
 * is no piece then is written in bytes. Spaces are {@code U+2581}, and one more stands before a
 * text and after each special token, if the model was trained so.
 */
final class ScoreEncoder implements Encoder {
  private static final String SPACE = "\u2581";
  private static final int NONE = -1;

  private final Map<String, Integer> ids = new HashMap<>();
  private final float[] scores;
  private final int[] bytes = new int[256];
  private final SpecialSplitter specials;
  private final boolean spaceBefore;
  private final int unknown;

  /**
   * @param pieces by id; no two alike
   * @param scores by id; all finite
   * @param specials ids of those that become themselves wherever they are written
   * @param spaceBefore whether a text gets a space put before it
   * @param unknown for what has neither a piece nor bytes; negative: it is left out
   */
  ScoreEncoder(
      Pieces pieces, float[] scores, SpecialSplitter specials, boolean spaceBefore, int unknown) {
    for (int id = 0; id < pieces.texts().size(); id++) {
      ids.put(pieces.texts().get(id), id);
    }
    this.scores = scores.clone();
    this.specials = specials;
    this.spaceBefore = spaceBefore;
    this.unknown = unknown;
    for (int value = 0; value < bytes.length; value++) {
      bytes[value] = ids.getOrDefault("<0x%02X>".formatted(value), NONE);
    }
  }

  @Override
  public int[] encode(String text) {
    IntList out = new IntList();
    specials.split(
        WholeCharacters.of(text),
        new SpecialSplitter.Parts() {
          private boolean afterSpecial = true;

          @Override
          public void text(String part) {
            String spaced = afterSpecial && spaceBefore ? " " + part : part;
            new Joining(spaced.replace(" ", SPACE)).run(out);
            afterSpecial = false;
          }

          @Override
          public void token(int id) {
            out.add(id);
            afterSpecial = true;
          }
        });
    return out.toArray();
  }

  @Override
  public void close() {
    // Nothing is held outside the heap.
  }

  /** Neighbours that may be joined: the right one starts at {@code middle}. */
  private record Pair(float score, int left, int middle, int end) implements Comparable<Pair> {
    @Override
    public int compareTo(Pair other) {
      int byScore = Float.compare(other.score, score);
      return byScore != 0 ? byScore : Integer.compare(left, other.left);
    }
  }

  /** One text. A symbol is known by its first character's index; {@code end} says where it ends. */
  private final class Joining {
    private final String text;
    private final int[] end;
    private final int[] before;
    private final PriorityQueue<Pair> pairs = new PriorityQueue<>();

    Joining(String text) {
      this.text = text;
      this.end = new int[text.length()];
      this.before = new int[text.length()];
      int previous = -1;
      for (int at = 0; at < text.length(); at = end[at]) {
        end[at] = text.offsetByCodePoints(at, 1);
        before[at] = previous;
        previous = at;
      }
    }

    void run(IntList out) {
      for (int at = 0; at < text.length(); at = end[at]) {
        propose(at);
      }
      for (Pair pair = pairs.poll(); pair != null; pair = pairs.poll()) {
        join(pair);
      }
      for (int at = 0; at < text.length(); at = end[at]) {
        Integer id = ids.get(text.substring(at, end[at]));
        if (id != null) {
          out.add(id);
        } else {
          spell(text.substring(at, end[at]), out);
        }
      }
    }

    private void propose(int left) {
      int middle = end[left];
      if (middle < text.length()) {
        Integer id = ids.get(text.substring(left, end[middle]));
        if (id != null) {
          pairs.add(new Pair(scores[id], left, middle, end[middle]));
        }
      }
    }

    private void join(Pair pair) {
      int left = pair.left;
      // A symbol that was joined to its left neighbour ends nowhere.
      if (end[left] != pair.middle || end[pair.middle] != pair.end) {
        return;
      }
      end[pair.middle] = -1;
      end[left] = pair.end;
      if (pair.end < text.length()) {
        before[pair.end] = left;
        propose(left);
      }
      if (before[left] >= 0) {
        propose(before[left]);
      }
    }

    private void spell(String symbol, IntList out) {
      byte[] utf8 = symbol.getBytes(StandardCharsets.UTF_8);
      int first = bytes[utf8[0] & 0xFF];
      if (first == NONE && unknown >= 0) {
        out.add(unknown);
        return;
      }
      for (byte each : utf8) {
        if (bytes[each & 0xFF] != NONE) {
          out.add(bytes[each & 0xFF]);
        }
      }
    }
  }
}
