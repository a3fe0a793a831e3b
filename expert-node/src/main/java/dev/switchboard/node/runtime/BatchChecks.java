package dev.switchboard.node.runtime;

import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.SequenceRun;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is asked, against what is held: pure. A batch that is wrong as a whole is refused in all its
 * groups; a group that is wrong is refused alone.
 *
 * <p>Values are not looked at: a row that is not finite gives a row that is not finite, and its
 * router ends the request that it belongs to. Refusing would take the other requests of the batch
 * with it.
 */
final class BatchChecks {
  private final StateStore states;

  BatchChecks(StateStore states) {
    this.states = states;
  }

  /** One verdict a group, in the batch's order. */
  List<Verdict> check(ExpertBatch batch, WireRows rows, HeldExperts held) {
    Optional<String> wrong = wrongBatch(batch, rows, held.model());
    List<Verdict> verdicts = new ArrayList<>(batch.getGroupsCount());
    Set<Integer> seen = new HashSet<>();
    for (ExpertGroup group : batch.getGroupsList()) {
      if (wrong.isPresent()) {
        verdicts.add(invalid(group, wrong.get()));
      } else if (!seen.add(group.getExpert())) {
        verdicts.add(
            invalid(group, "expert " + group.getExpert() + " has two groups in one batch"));
      } else {
        verdicts.add(group(batch, group, rows, held));
      }
    }
    return verdicts;
  }

  private static Optional<String> wrongBatch(ExpertBatch batch, WireRows rows, ServedModel model) {
    String named = batch.getModelFingerprint();
    if (!named.isEmpty() && !named.equals(model.fingerprint())) {
      return Optional.of(
          "the batch is for model %s; this node serves %s".formatted(named, model.fingerprint()));
    }
    if (model.units().experts(batch.getLayer()) == 0) {
      return Optional.of(
          "layer %s has no experts; the layers that have: %s"
              .formatted(Integer.toUnsignedString(batch.getLayer()), model.layers()));
    }
    int width = model.width(batch.getLayer());
    if (rows.count() > 0 && rows.width() != width) {
      return Optional.of(
          "activations of shape [%d, %d]; the width of layer %d's experts is %d"
              .formatted(rows.count(), rows.width(), batch.getLayer(), width));
    }
    return Optional.empty();
  }

  private Verdict group(ExpertBatch batch, ExpertGroup group, WireRows rows, HeldExperts held) {
    int expert = group.getExpert();
    int experts = held.model().units().experts(batch.getLayer());
    if (expert < 0 || expert >= experts) {
      return invalid(
          group,
          "expert %s of layer %d, which has experts 0 to %d"
              .formatted(Integer.toUnsignedString(expert), batch.getLayer(), experts - 1));
    }
    Optional<String> wrong = wrongRows(group, rows);
    if (wrong.isPresent()) {
      return invalid(group, wrong.get());
    }
    Optional<Held> found = held.find(batch.getLayer(), expert);
    if (found.isEmpty()) {
      String message =
          "expert %d of layer %d is not held here; held are %s of placement epoch %d"
              .formatted(expert, batch.getLayer(), held.indices(batch.getLayer()), held.epoch());
      return new Verdict.Refuse(group, GroupStatus.GROUP_STATUS_NOT_HELD, message, 0);
    }
    if (!group.getExpertFingerprint().equals(found.get().fingerprint())) {
      String message =
          "expert %d of layer %d is %s here; the batch is for %s"
              .formatted(
                  expert,
                  batch.getLayer(),
                  content(found.get().fingerprint()),
                  content(group.getExpertFingerprint()));
      return new Verdict.Refuse(group, GroupStatus.GROUP_STATUS_NOT_HELD, message, 0);
    }
    if (rows.block() > 0 && rows.block() != found.get().expert().activationBlock()) {
      return invalid(
          group, wrongCodes(group, rows.block(), found.get().expert().activationBlock()));
    }
    if (!found.get().expert().stateful()) {
      return new Verdict.Compute(group, found.get());
    }
    return wrongRuns(group)
        .map(message -> invalid(group, message))
        .or(() -> states.refusal(group, found.get()))
        .orElseGet(() -> new Verdict.Compute(group, found.get()));
  }

  private static Optional<String> wrongRows(ExpertGroup group, WireRows rows) {
    int before = -1;
    for (int i = 0; i < group.getRowsCount(); i++) {
      int row = group.getRows(i);
      if (row < 0 || row >= rows.count()) {
        return Optional.of(
            "expert %d reads row %s of %d"
                .formatted(group.getExpert(), Integer.toUnsignedString(row), rows.count()));
      }
      if (row <= before) {
        return Optional.of(
            "expert %d reads row %d after row %d; rows must ascend"
                .formatted(group.getExpert(), row, before));
      }
      before = row;
    }
    return Optional.empty();
  }

  private static String wrongCodes(ExpertGroup group, int given, int block) {
    return "activations as codes in blocks of %d; expert %d takes %s"
        .formatted(
            given,
            group.getExpert(),
            block == 0 ? "floats" : "codes in blocks of " + block + ", or floats");
  }

  private static Optional<String> wrongRuns(ExpertGroup group) {
    long rows = 0;
    Set<Long> sequences = new HashSet<>();
    for (SequenceRun run : group.getRunsList()) {
      long moved = run.getVersionAfter() - run.getVersionBefore();
      int least = run.getStateWanted() ? 0 : 1;
      if (run.getRowCount() < least || moved != run.getRowCount()) {
        return Optional.of(
            "sequence %s: %s rows from version %s to %s; each row is one version"
                .formatted(
                    Long.toUnsignedString(run.getSequenceId()),
                    Integer.toUnsignedString(run.getRowCount()),
                    Long.toUnsignedString(run.getVersionBefore()),
                    Long.toUnsignedString(run.getVersionAfter())));
      }
      if (!sequences.add(run.getSequenceId())) {
        return Optional.of(
            "sequence %s has two runs in one group"
                .formatted(Long.toUnsignedString(run.getSequenceId())));
      }
      rows += run.getRowCount();
    }
    if (rows != group.getRowsCount()) {
      return Optional.of(
          "expert %d has a state for each sequence: its runs cover %d rows of %d"
              .formatted(group.getExpert(), rows, group.getRowsCount()));
    }
    return Optional.empty();
  }

  private static String content(String fingerprint) {
    return fingerprint.isEmpty() ? "the model's own" : "the added one " + fingerprint;
  }

  private static Verdict invalid(ExpertGroup group, String message) {
    return new Verdict.Refuse(group, GroupStatus.GROUP_STATUS_INVALID, message, 0);
  }
}
