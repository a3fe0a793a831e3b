package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.util.ArrayList;
import java.util.List;

/**
 * How pieces become text: what a {@code decoder} of {@code tokenizer.json} says, in the one order
 * that occurs: pieces are rewritten one by one, then tokens of single bytes become characters, then
 * all are joined, and then the joined text loses what stands at its start.
 *
 * @param byteLevel pieces are bytes already; nothing else applies to them
 * @param perPiece applied to each piece, in this order
 * @param byteFallback a piece such as {@code <0x0A>} is a byte
 * @param strip taken off the start of the whole text
 * @param stripMost how often at most
 */
record DecodeRules(
    boolean byteLevel,
    List<PieceRule> perPiece,
    boolean byteFallback,
    String strip,
    int stripMost) {

  /** What happens to one piece. */
  sealed interface PieceRule {
    /**
     * @param first whether the piece is the first of the text
     */
    String apply(String piece, boolean first);
  }

  /** All occurrences of a text. */
  record Replace(String pattern, String content) implements PieceRule {
    @Override
    public String apply(String piece, boolean first) {
      return piece.replace(pattern, content);
    }
  }

  /**
   * A stand-in for the space.
   *
   * @param dropFirst the first piece loses it instead: encoding had put it there
   */
  record Metaspace(String standIn, boolean dropFirst) implements PieceRule {
    @Override
    public String apply(String piece, boolean first) {
      return piece.replace(standIn, first && dropFirst ? "" : " ");
    }
  }

  DecodeRules {
    perPiece = List.copyOf(perPiece);
  }

  static DecodeRules ofByteLevel() {
    return new DecodeRules(true, List.of(), false, "", 0);
  }

  /**
   * Reads a decoder.
   *
   * @throws CheckpointException naming a kind, or an order of kinds, that is not known
   */
  static DecodeRules read(String label, JsonNode decoder) {
    List<JsonNode> steps = new ArrayList<>();
    flatten(decoder, steps);
    Reader reader = new Reader(label);
    steps.forEach(reader::step);
    return reader.rules();
  }

  private static void flatten(JsonNode decoder, List<JsonNode> steps) {
    if (decoder.path("type").asText().equals("Sequence")) {
      decoder.path("decoders").forEach(each -> flatten(each, steps));
    } else {
      steps.add(decoder);
    }
  }

  private static final class Reader {
    private static final int MAX_STRIP = 1024;

    private final String label;
    private final List<PieceRule> perPiece = new ArrayList<>();
    private boolean byteLevel;
    private boolean byteFallback;
    private boolean fused;
    private String strip = "";
    private int stripMost;

    Reader(String label) {
      this.label = label;
    }

    void step(JsonNode step) {
      switch (step.path("type").asText("null")) {
        case "ByteLevel" -> {
          require(perPiece.isEmpty() && !byteFallback && !fused, step);
          byteLevel = true;
          fused = true;
        }
        case "Fuse" -> fused = true;
        case "ByteFallback" -> {
          require(!fused, step);
          byteFallback = true;
        }
        case "Replace" -> {
          String pattern = step.path("pattern").path("String").asText("");
          require(!fused && !byteFallback && !pattern.isEmpty(), step);
          perPiece.add(new Replace(pattern, step.path("content").asText("")));
        }
        case "Metaspace" -> {
          String standIn = step.path("replacement").asText("");
          require(!fused && !byteFallback && !standIn.isEmpty(), step);
          perPiece.add(new Metaspace(standIn, prepends(step)));
        }
        case "Strip" -> strip(step);
        default -> require(false, step);
      }
    }

    /** Older files say {@code add_prefix_space}, newer ones {@code prepend_scheme}. */
    private static boolean prepends(JsonNode metaspace) {
      return metaspace.has("prepend_scheme")
          ? !metaspace.path("prepend_scheme").asText().equals("never")
          : metaspace.path("add_prefix_space").asBoolean(true);
    }

    private void strip(JsonNode step) {
      int start = step.path("start").asInt(-1);
      String content = step.path("content").asText("");
      boolean known =
          fused
              && stripMost == 0
              && step.path("stop").asInt(-1) == 0
              && start >= 0
              && start <= MAX_STRIP
              && content.codePointCount(0, content.length()) == 1;
      require(known, step);
      strip = content;
      stripMost = start;
    }

    private void require(boolean known, JsonNode step) {
      if (!known) {
        throw new CheckpointException(
            "%s: decoder: %s is not known here; known are ByteLevel, and Replace (of a text), Metaspace, ByteFallback, Fuse, Strip (at the start) in this order"
                .formatted(
                    label, step.isMissingNode() || step.isNull() ? "none" : shortened(step)));
      }
    }

    private static String shortened(JsonNode step) {
      String text = step.toString();
      return text.length() <= 200 ? text : text.substring(0, 200) + "...";
    }

    DecodeRules rules() {
      return new DecodeRules(byteLevel, perPiece, byteFallback, strip, stripMost);
    }
  }
}
