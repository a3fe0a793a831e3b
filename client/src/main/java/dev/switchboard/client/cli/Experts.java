package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.ExpertCalls;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.ModelDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Names of a model's experts, and who was awake. */
record Experts(List<String> names) {
  Experts {
    names = List.copyOf(names);
  }

  static Experts of(ModelDescription model) {
    return new Experts(List.copyOf(model.getExpertNamesList()));
  }

  String name(int expert) {
    return expert < names.size() ? names.get(expert) : "expert " + expert;
  }

  /**
   * The expert that most layers chose first; ties go to the lower index; -1 if no layer has
   * experts.
   */
  static int favourite(GeneratedToken token) {
    return favourite(token.getExpertsList());
  }

  /** The same of one token's choices. */
  static int favourite(List<LayerChoice> choices) {
    Map<Integer, Integer> votes = new TreeMap<>();
    for (LayerChoice choice : choices) {
      if (choice.getExpertsCount() > 0) {
        votes.merge(choice.getExperts(0), 1, Integer::sum);
      }
    }
    int best = -1;
    int most = 0;
    for (Map.Entry<Integer, Integer> vote : votes.entrySet()) {
      if (vote.getValue() > most) {
        best = vote.getKey();
        most = vote.getValue();
      }
    }
    return best;
  }

  /** Share of the calls by expert name, largest first; empty without calls. */
  List<Share> awake(List<ExpertCalls> calls) {
    Map<Integer, Long> tokens = new TreeMap<>();
    long all = 0;
    for (ExpertCalls call : calls) {
      tokens.merge(call.getExpert(), call.getTokens(), Long::sum);
      all += call.getTokens();
    }
    List<Share> shares = new ArrayList<>();
    for (Map.Entry<Integer, Long> entry : tokens.entrySet()) {
      if (entry.getValue() > 0) {
        double share = (double) entry.getValue() / all;
        shares.add(new Share(entry.getKey(), name(entry.getKey()), share));
      }
    }
    shares.sort((a, b) -> Double.compare(b.share(), a.share()));
    return shares;
  }

  record Share(int expert, String name, double share) {}
}
