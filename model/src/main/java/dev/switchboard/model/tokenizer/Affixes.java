package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The ids that stand before and after the ids of a prompt's text, as the file's post-processor adds
 * them.
 */
record Affixes(List<Integer> before, List<Integer> after) {
  static final Affixes NONE = new Affixes(List.of(), List.of());
  private static final int MOST = 64;

  Affixes {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /**
   * Reads a post-processor.
   *
   * @param vocabulary ids that there are
   * @throws CheckpointException naming a kind that is not known, or an id that is not there
   */
  static Affixes read(String label, JsonNode processor, int vocabulary) {
    Affixes affixes =
        switch (processor.path("type").asText("")) {
          case "", "ByteLevel" -> NONE;
          case "TemplateProcessing" -> ofTemplate(label, processor);
          case "BertProcessing", "RobertaProcessing" ->
              new Affixes(
                  List.of(processor.path("cls").path(1).asInt(-1)),
                  List.of(processor.path("sep").path(1).asInt(-1)));
          case "Sequence" -> {
            Affixes all = NONE;
            for (JsonNode each : processor.path("processors")) {
              all = all.within(read(label, each, vocabulary));
            }
            yield all;
          }
          default ->
              throw new CheckpointException(
                  "%s: post_processor.type \"%s\" is not known"
                      .formatted(label, processor.path("type").asText()));
        };
    affixes.check(label, vocabulary);
    return affixes;
  }

  private static Affixes ofTemplate(String label, JsonNode processor) {
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    boolean text = false;
    for (JsonNode piece : processor.path("single")) {
      if (piece.path("Sequence").path("id").asText("").equals("A") && !text) {
        text = true;
      } else if (piece.has("SpecialToken")) {
        String name = piece.path("SpecialToken").path("id").asText();
        JsonNode ids = processor.path("special_tokens").path(name).path("ids");
        if (ids.isEmpty() || !ids.isArray()) {
          throw new CheckpointException(
              "%s: post_processor.single names \"%s\", which special_tokens gives no ids"
                  .formatted(label, name));
        }
        List<Integer> side = text ? after : before;
        ids.forEach(id -> side.add(id.asInt(-1)));
      } else {
        throw new CheckpointException(
            "%s: post_processor.single: expected special tokens and one sequence A, found %s"
                .formatted(label, piece));
      }
    }
    if (!text) {
      throw new CheckpointException(label + ": post_processor.single has no sequence A");
    }
    return new Affixes(before, after);
  }

  private Affixes within(Affixes outer) {
    List<Integer> before = new ArrayList<>(outer.before);
    before.addAll(this.before);
    List<Integer> after = new ArrayList<>(this.after);
    after.addAll(outer.after);
    return new Affixes(before, after);
  }

  /** These with, or without, a token at the start of all; as they are where nothing is asked. */
  Affixes beginning(Optional<Boolean> asked, OptionalInt token) {
    return asked.isEmpty() || token.isEmpty()
        ? this
        : new Affixes(with(before, asked.get(), token.getAsInt(), 0), after);
  }

  /** These with, or without, a token at the end of all; as they are where nothing is asked. */
  Affixes ending(Optional<Boolean> asked, OptionalInt token) {
    return asked.isEmpty() || token.isEmpty()
        ? this
        : new Affixes(before, with(after, asked.get(), token.getAsInt(), after.size()));
  }

  private static List<Integer> with(List<Integer> ids, boolean wanted, int token, int place) {
    List<Integer> result = new ArrayList<>(ids);
    if (!wanted) {
      result.removeIf(id -> id == token);
    } else if (!result.contains(token)) {
      result.add(place, token);
    }
    return result;
  }

  /** The ids of a text with these around it; a side that the text has already is not doubled. */
  int[] around(int[] ids) {
    boolean begun = !before.isEmpty() && ids.length > 0 && ids[0] == before.getFirst();
    boolean ended = !after.isEmpty() && ids.length > 0 && ids[ids.length - 1] == after.getLast();
    IntStream start = begun ? IntStream.empty() : before.stream().mapToInt(i -> i);
    IntStream end = ended ? IntStream.empty() : after.stream().mapToInt(i -> i);
    return IntStream.concat(IntStream.concat(start, IntStream.of(ids)), end).toArray();
  }

  private void check(String label, int vocabulary) {
    if (before.size() > MOST || after.size() > MOST) {
      throw new CheckpointException(
          "%s: post_processor adds more than %s tokens".formatted(label, MOST));
    }
    for (int id : around(new int[0])) {
      if (id < 0 || id >= vocabulary) {
        throw new CheckpointException(
            "%s: post_processor adds a token with id %s; the vocabulary has ids 0 to %s"
                .formatted(label, id, vocabulary - 1));
      }
    }
  }
}
