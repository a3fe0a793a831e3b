package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.reference.Evaluation;
import dev.switchboard.model.reference.Evaluation.Score;
import dev.switchboard.model.reference.PairedBootstrap.Pair;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What one model makes of documents by domain.
 *
 * @param activeParameters that one token meets
 * @param activeMultiplyAdds of the experts that one token wakes
 * @param allMultiplyAdds of all experts on one token
 * @param scores of each document, each read from a fresh state
 * @param given the same where each domain's own expert takes every token; empty: not asked for, or
 *     the model has no expert of a domain's name
 * @param seconds of wall time that reading took
 */
record DomainScores(
    String name,
    long activeParameters,
    long activeMultiplyAdds,
    long allMultiplyAdds,
    SequencedMap<String, List<Score>> scores,
    SequencedMap<String, List<Score>> given,
    double seconds) {
  private static final int LONGEST_WINDOW = 1 << 15;

  /**
   * @param given whether to read all again, each domain by its own expert
   */
  static DomainScores read(
      Path path,
      Optional<Path> gate,
      SequencedMap<String, List<String>> texts,
      boolean given,
      Crew crew) {
    try (Model model = Model.open(path, gate)) {
      int window = Math.max(2, Math.min(LONGEST_WINDOW, model.plan().maxPromptTokens() - 1));
      Evaluation.Settings settings = new Evaluation.Settings(window, model.plan().bos());
      SequencedMap<String, List<Score>> chosen = new TreeMap<>();
      SequencedMap<String, List<Score>> own = new TreeMap<>();
      double seconds;
      try (Evaluation evaluation = new Evaluation(model, settings, crew)) {
        long begun = System.nanoTime();
        texts.forEach((domain, documents) ->
            chosen.put(domain, read(model, evaluation, documents, ExpertMask.NONE)));
        seconds = (System.nanoTime() - begun) * 1e-9;
        List<String> names = model.plan().expertNames();
        texts.forEach((domain, documents) -> {
          if (given && names.contains(domain)) {
            ExpertMask others = allBut(names.indexOf(domain), names.size());
            own.put(domain, read(model, evaluation, documents, others));
          }
        });
      }
      return new DomainScores(
          String.valueOf(model.path().getFileName()),
          model.sizes().activeParameters(),
          active(model),
          all(model),
          chosen,
          own,
          seconds);
    }
  }

  private static List<Score> read(
      Model model, Evaluation evaluation, List<String> documents, ExpertMask mask) {
    List<Score> each = new ArrayList<>();
    for (String document : documents) {
      long bytes = document.getBytes(StandardCharsets.UTF_8).length;
      each.add(evaluation.of(model.tokenizer().encode(document), bytes, mask, read -> {}));
    }
    return each;
  }

  /** Masks all experts but one, which so takes every token. */
  static ExpertMask allBut(int expert, int experts) {
    return ExpertMask.of(IntStream.range(0, experts).filter(e -> e != expert).boxed().toList());
  }

  /** Multiply-adds of the experts that a token wakes, over all layers. */
  static long active(Model model) {
    return model.expertLayers().stream().mapToLong(l -> l.topK() * l.multiplyAddsPerRow()).sum();
  }

  /** Multiply-adds of all experts on one token. */
  static long all(Model model) {
    return model.expertLayers().stream()
        .mapToLong((ExpertLayer l) -> l.experts() * l.multiplyAddsPerRow())
        .sum();
  }

  /** Of one domain; none if it has not been read. */
  List<Score> documents(String domain) {
    return scores.getOrDefault(domain, List.of());
  }

  /** The documents of one domain, as this model and another read them. */
  List<Pair> pairs(DomainScores other, String domain) {
    List<Score> mine = documents(domain);
    List<Score> theirs = other.documents(domain);
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < mine.size(); i++) {
      pairs.add(new Pair(mine.get(i).bytes(), bits(mine.get(i)), bits(theirs.get(i))));
    }
    return pairs;
  }

  private static double bits(Score score) {
    return score.nats() / StrictMath.log(2);
  }

  private static Score total(SequencedMap<String, List<Score>> scores) {
    return scores.values().stream().flatMap(List::stream).reduce(Score.NOTHING, Score::plus);
  }

  void put(ObjectNode node) {
    Score all = total(scores);
    node.put("model", name)
        .put("activeParameters", activeParameters)
        .put("activeExpertMultiplyAdds", activeMultiplyAdds)
        .put("allExpertMultiplyAdds", allMultiplyAdds)
        .put("tokens", all.tokens())
        .put("seconds", seconds)
        .put("microsecondsPerToken", 1e6 * seconds / all.tokens());
    place(node.putObject("natsPerTokenByPosition"), all);
    if (!given.isEmpty()) {
      ObjectNode own = node.putObject("expertGiven");
      Score sum = total(given);
      own.put(
          "bitsPerByte",
          given.values().stream().mapToDouble(DomainScores::bits).average().orElse(0));
      place(own.putObject("natsPerTokenByPosition"), sum);
      ObjectNode domains = own.putObject("domains");
      given.forEach((domain, documents) -> domains.put(domain, bits(documents)));
    }
  }

  private static double bits(List<Score> documents) {
    return documents.stream().reduce(Score.NOTHING, Score::plus).bitsPerByte();
  }

  private static void place(ObjectNode node, Score all) {
    node.put("first" + Evaluation.FIRST_TOKENS, all.firstNats() / all.firstTokens());
    if (all.tokens() > all.firstTokens()) {
      node.put("rest", (all.nats() - all.firstNats()) / (all.tokens() - all.firstTokens()));
    }
  }

  String describe() {
    Score all = total(scores);
    return "%s: %,d parameters a token, %,d of %,d multiply-adds of experts, %.0f microseconds a token"
        .formatted(
            name,
            activeParameters,
            activeMultiplyAdds,
            allMultiplyAdds,
            1e6 * seconds / all.tokens());
  }
}
