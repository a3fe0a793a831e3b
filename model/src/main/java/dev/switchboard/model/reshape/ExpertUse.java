package dev.switchboard.model.reshape;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.moe.LocalExperts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * How many tokens each expert got.
 *
 * @param tokens by layer, {@code [experts]}
 */
public record ExpertUse(Map<Integer, long[]> tokens) {
  private static final int STEP_ROWS = 256;

  public ExpertUse {
    tokens = Collections.unmodifiableMap(new TreeMap<>(tokens));
  }

  private static ExpertUse none(ModelPlan plan) {
    Map<Integer, long[]> tokens = new TreeMap<>();
    for (int layer : plan.moeLayers()) {
      tokens.put(layer, new long[plan.layers().get(layer).moe().orElseThrow().experts()]);
    }
    return new ExpertUse(tokens);
  }

  /**
   * As it was recorded.
   *
   * @param routes what {@code switchboard route --trace} has written for this model
   * @throws CheckpointException naming the line that does not fit
   */
  public static ExpertUse recorded(Path routes, ModelPlan plan) {
    ExpertUse use = none(plan);
    long line = 0;
    try (MappingIterator<JsonNode> lines =
        new ObjectMapper().readerFor(JsonNode.class).readValues(Files.newBufferedReader(routes))) {
      while (lines.hasNextValue()) {
        line++;
        for (JsonNode layer : lines.nextValue().path("layers")) {
          use.count(routes, line, layer);
        }
      }
    } catch (JsonProcessingException e) {
      throw CheckpointException.in(
          routes, "line %s is not valid JSON: %s", line + 1, e.getOriginalMessage());
    } catch (IOException e) {
      throw new CheckpointException("%s: cannot be read: %s".formatted(routes, e), e);
    }
    if (use.total() == 0) {
      throw CheckpointException.in(routes, "holds no choices of experts");
    }
    return use;
  }

  private void count(Path routes, long line, JsonNode choice) {
    int layer = choice.path("layer").asInt(-1);
    long[] counts = tokens.get(layer);
    if (counts == null) {
      throw CheckpointException.in(
          routes, "line %s: layer %s; this model has experts in %s", line, layer, tokens.keySet());
    }
    for (JsonNode expert : choice.path("experts")) {
      int index = expert.asInt(-1);
      if (index < 0 || index >= counts.length) {
        throw CheckpointException.in(
            routes, "line %s: expert %s of layer %s; it has %s", line, index, layer, counts.length);
      }
      counts[index]++;
    }
  }

  /**
   * Counted while the model reads a text.
   *
   * @param window tokens that are read from one fresh state at the most
   */
  public static ExpertUse reading(Model model, int[] ids, int window) {
    ExpertUse use = none(model.plan());
    Trunk trunk = model.trunk();
    try (LocalExperts experts = model.localExperts()) {
      ForwardPass pass = new ForwardPass(trunk, experts);
      for (int at = 0; at < ids.length; at += window) {
        int[] read = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + window));
        try (SequenceState sequence = trunk.newSequence(at, read.length)) {
          for (int from = 0; from < read.length; from += STEP_ROWS) {
            int[] rows = Arrays.copyOfRange(read, from, Math.min(read.length, from + STEP_ROWS));
            use.add(pass.run(List.of(new StepSegment(sequence, rows, Logits.NONE))).choices());
          }
        } finally {
          experts.release(at);
        }
      }
    }
    return use;
  }

  private void add(List<RoutingTrace> choices) {
    for (RoutingTrace trace : choices) {
      int place = 0;
      for (long[] counts : tokens.values()) {
        for (int token = 0; token < trace.tokens(); token++) {
          for (int rank = 0; rank < trace.topK(); rank++) {
            int expert = trace.expert(token, place, rank);
            if (expert >= 0) {
              counts[expert]++;
            }
          }
        }
        place++;
      }
    }
  }

  /** The same in every layer: the sum over all. */
  ExpertUse summed() {
    int experts = tokens.values().iterator().next().length;
    long[] sums = new long[experts];
    for (long[] counts : tokens.values()) {
      for (int e = 0; e < experts; e++) {
        sums[e] += counts[e];
      }
    }
    Map<Integer, long[]> all = new TreeMap<>();
    tokens.keySet().forEach(layer -> all.put(layer, sums));
    return new ExpertUse(all);
  }

  private long total() {
    return tokens.values().stream().flatMapToLong(LongStream::of).sum();
  }
}
