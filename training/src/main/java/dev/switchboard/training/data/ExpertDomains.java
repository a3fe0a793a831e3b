package dev.switchboard.training.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which texts are an expert's own: those of its name. One that was made of several (a merged
 * model's, called {@code a+b}) has all of theirs; texts of experts that are gone (a pruned model's)
 * are nobody's.
 */
public final class ExpertDomains {
  private static final String AND = "\\+";

  private ExpertDomains() {}

  /**
   * The domains of each expert, in the order of the experts.
   *
   * @param where the domains are, for the message
   * @throws IOException if an expert has none
   */
  public static SequencedMap<String, List<String>> choose(
      List<String> experts, Collection<String> domains, String where) throws IOException {
    SequencedMap<String, List<String>> chosen = new LinkedHashMap<>();
    for (String expert : experts) {
      List<String> parts = List.of(expert.split(AND, -1));
      List<String> own = domains.contains(expert) ? List.of(expert) : parts;
      if (!domains.containsAll(own)) {
        throw new IOException(
            "%s has the domains %s; expected one of each expert's name, which are %s"
                .formatted(where, domains, experts));
      }
      chosen.put(expert, own);
    }
    return chosen;
  }

  /**
   * One domain an expert, under its name and in the order of the experts.
   *
   * @param where they were read, for the message
   * @throws IOException if an expert has none
   */
  public static List<Domain> of(List<String> experts, List<Domain> read, String where)
      throws IOException {
    Map<String, Domain> byName =
        read.stream().collect(Collectors.toMap(Domain::name, Function.identity()));
    List<Domain> domains = new ArrayList<>();
    for (var chosen : choose(experts, byName.keySet(), where).entrySet()) {
      List<Domain> own = chosen.getValue().stream().map(byName::get).toList();
      domains.add(
          own.size() == 1
              ? own.getFirst()
              : new Domain(chosen.getKey(), all(own, Domain::train), all(own, Domain::test)));
    }
    return List.copyOf(domains);
  }

  private static int[] all(List<Domain> domains, Function<Domain, int[]> tokens) {
    return domains.stream().map(tokens).flatMapToInt(IntStream::of).toArray();
  }
}
