package dev.switchboard.router.gates;

import dev.switchboard.cluster.gates.GateCandidate;
import dev.switchboard.cluster.gates.GateChange;
import dev.switchboard.cluster.gates.GateRollout;
import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.v1.GatesAction;
import dev.switchboard.proto.v1.GatesChange;
import dev.switchboard.proto.v1.GatesComparison;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.GatesLayer;
import dev.switchboard.proto.v1.GatesVersion;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a desk knows, as messages.
 *
 * @param moeLayers indices of the layers that have experts
 */
record GateMessages(GateDesk desk, List<Integer> moeLayers) {
  GatesDescription describe(GateRollout rollout) {
    GatesDescription.Builder all =
        GatesDescription.newBuilder()
            .setRouterId(desk.router())
            .setRevision(rollout.revision())
            .setActive(rollout.active())
            .setPrevious(rollout.previous().orElse(""));
    rollout
        .candidate()
        .ifPresent(tried ->
            all.setCandidateAction(
                    tried.mode() == GateCandidate.Mode.SHADOW
                        ? GatesAction.GATES_ACTION_SHADOW
                        : GatesAction.GATES_ACTION_CANARY)
                .setCandidate(tried.version())
                .setCandidateShare(tried.share()));
    Stream.concat(
            Stream.of(GateArtifact.OWN, desk.shelf().usual()), desk.folder().versions().stream())
        .distinct()
        .forEach(version -> all.addVersions(version(version)));
    rollout.history().forEach(change -> all.addHistory(change(change)));
    desk.compared().forEach(found -> all.addComparisons(comparison(found)));
    return all.build();
  }

  private GatesVersion version(String version) {
    if (!desk.folder().has(version)) {
      return GatesVersion.newBuilder().setVersion(version).build();
    }
    try {
      GatesVersion.Builder known = version(desk.folder().read(version));
      return known.setProblem(desk.problem(version).orElse("")).build();
    } catch (CheckpointException e) {
      return GatesVersion.newBuilder()
          .setVersion(version)
          .setProblem(String.valueOf(e.getMessage()))
          .build();
    }
  }

  static GatesVersion.Builder version(GateArtifact gates) {
    GateAbout about = gates.about();
    return GatesVersion.newBuilder()
        .setVersion(gates.version())
        .setParent(about.parent())
        .setExperts(about.experts())
        .setModelFingerprint(about.model())
        .setDataFingerprint(about.data())
        .setMade(about.made())
        .setTime(about.time().map(Instant::toString).orElse(""))
        .setBytes(gates.bytes())
        .setMetrics(about.metrics().toString());
  }

  private static GatesChange change(GateChange change) {
    return GatesChange.newBuilder()
        .setAction(
            switch (change.action()) {
              case SHADOW -> GatesAction.GATES_ACTION_SHADOW;
              case CANARY -> GatesAction.GATES_ACTION_CANARY;
              case PROMOTE -> GatesAction.GATES_ACTION_PROMOTE;
              case ROLLBACK -> GatesAction.GATES_ACTION_ROLLBACK;
            })
        .setVersion(change.version())
        .setFrom(change.from())
        .setWho(change.by().who())
        .setAtMillis(change.by().when().toEpochMilli())
        .setWhy(change.by().why())
        .build();
  }

  private GatesComparison comparison(GateBook.Found found) {
    GateComparison all = found.all();
    GateLosses.Summary losses = found.losses();
    GatesComparison.Builder made =
        GatesComparison.newBuilder()
            .setVersion(found.pair().version())
            .setOther(found.pair().other())
            .setTokens(all.tokens())
            .setDifferingTokens(all.differingTokens())
            .setMostUsedShare(all.mostUsedShare())
            .setOtherMostUsedShare(all.otherMostUsedShare())
            .setTexts(losses.texts())
            .setTextTokens(losses.tokens())
            .setLoss(losses.loss())
            .setOtherLoss(losses.otherLoss())
            .setLossError(Optional.of(losses.error()).filter(Double::isFinite).orElse(0.0));
    for (int layer = 0; layer < all.moeLayers(); layer++) {
      made.addLayers(
          GatesLayer.newBuilder()
              .setLayer(moeLayers.get(layer))
              .setDifferingTokens(all.differing(layer))
              .addAllCalls(Arrays.stream(all.calls(layer)).boxed().toList())
              .addAllOtherCalls(Arrays.stream(all.otherCalls(layer)).boxed().toList()));
    }
    return made.build();
  }
}
