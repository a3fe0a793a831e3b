package dev.switchboard.model;

import dev.switchboard.model.expert.MixerExpertState;
import dev.switchboard.model.layer.MixerState.Memory;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.snapshot.StatePart;
import dev.switchboard.model.snapshot.StatePart.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The states of recurrent mixers in a snapshot are parts of the trunk, or of experts, by where the
 * mixers were when it was made. They are the same numbers in the same order: whoever restores one
 * finds them here as it has its own mixers.
 *
 * @param layers of the model; the mixer of layer i is the expert of "layer" layers + i
 */
record MixerPlaces(int layers) {
  /**
   * The trunk's parts of a snapshot.
   *
   * @param own a sequence of the trunk: says which mixers are here
   * @throws SnapshotException if the state of a mixer is not what that mixer remembers
   */
  List<StatePart> trunk(SequenceSnapshot snapshot, SequenceState own) {
    Map<Integer, ExpertSnapshot> elsewhere = new TreeMap<>();
    snapshot.experts().stream()
        .filter(this::isMixer)
        .forEach(state -> elsewhere.put(state.layer() - layers, state));
    List<StatePart> parts = new ArrayList<>();
    snapshot.trunk().stream()
        .filter(part -> !isMixer(part) || !own.mixer(part.layer()).memory().isEmpty())
        .forEach(parts::add);
    elsewhere.forEach((layer, state) -> {
      if (!own.mixer(layer).memory().isEmpty()) {
        parts.addAll(split(layer, state, own.mixer(layer).memory(), snapshot.position()));
      }
    });
    if (!elsewhere.isEmpty()) {
      // By layer: mixer, then gate; keys and values, which have no layer, behind all.
      parts.sort(
          Comparator.comparing(MixerPlaces::isPaged)
              .thenComparing(StatePart::layer)
              .thenComparing(part -> isPaged(part) ? Kind.KEYS_AND_VALUES : part.kind()));
    }
    return parts;
  }

  /** What experts remember, among them the mixers that the trunk does not have. */
  List<ExpertSnapshot> experts(SequenceSnapshot snapshot, SequenceState own) {
    Map<Integer, List<MemorySegment>> here = new TreeMap<>();
    snapshot.trunk().stream()
        .filter(part -> isMixer(part) && own.mixer(part.layer()).memory().isEmpty())
        .forEach(part ->
            here.computeIfAbsent(part.layer(), layer -> new ArrayList<>()).add(part.data()));
    Stream<ExpertSnapshot> made =
        here.entrySet().stream()
            .map(mixer ->
                new ExpertSnapshot(
                    layers + mixer.getKey(),
                    0,
                    snapshot.position(),
                    MixerExpertState.written(snapshot.position(), mixer.getValue())));
    Stream<ExpertSnapshot> known =
        snapshot.experts().stream()
            .filter(
                state -> !isMixer(state) || own.mixer(state.layer() - layers).memory().isEmpty());
    return Stream.concat(known, made).toList();
  }

  private boolean isMixer(ExpertSnapshot state) {
    return state.layer() >= layers && state.layer() < 2 * layers;
  }

  private boolean isMixer(StatePart part) {
    boolean recurrent = part.kind() == Kind.CONVOLUTION || part.kind() == Kind.RECURRENT;
    return recurrent && part.layer() >= 0 && part.layer() < layers;
  }

  private static boolean isPaged(StatePart part) {
    return part.kind() == Kind.KEYS_AND_VALUES;
  }

  private static List<StatePart> split(
      int layer, ExpertSnapshot state, List<Memory> memory, long position) {
    MemorySegment content;
    try {
      content = MixerExpertState.content(state.bytes(), position);
    } catch (IllegalArgumentException e) {
      throw new SnapshotException(Problem.DAMAGED, state + ": " + e.getMessage(), e);
    }
    long expected = memory.stream().mapToLong(each -> each.data().byteSize()).sum();
    if (content.byteSize() != expected || state.expert() != 0) {
      throw new SnapshotException(
          Problem.OTHER_MODEL,
          "%s; the mixer of layer %d remembers %d bytes".formatted(state, layer, expected));
    }
    List<StatePart> parts = new ArrayList<>();
    long at = 0;
    for (Memory each : memory) {
      long bytes = each.data().byteSize();
      parts.add(new StatePart(each.kind(), layer, 0, 0, content.asSlice(at, bytes)));
      at += bytes;
    }
    return parts;
  }
}
