package dev.switchboard.client.cli;

import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ChangeGatesRequest;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertList;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.proto.v1.GatesAction;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.RemoveExpertReply;
import java.time.Duration;
import java.util.Iterator;

/**
 * An expert that comes to a running cluster, or leaves it, step by step: the router answers each
 * step at once, and whoever asks waits here.
 *
 * @param who asks, for the history of the gates
 * @param limit how long is waited
 */
record ExpertRollout(SwitchboardClient client, String who, Duration limit) {
  private static final Duration CALL = Duration.ofSeconds(60);
  private static final Duration UPLOAD = Duration.ofMinutes(10);

  /** Sends an expert. */
  AddExpertReply send(Iterator<ExpertPart> parts) {
    return client.addExpert(parts, UPLOAD);
  }

  /**
   * Waits until the router can call it.
   *
   * @throws CommandException if that takes too long, or it was removed meanwhile
   */
  ExpertEntry await(AddExpertReply sent) {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      ExpertEntry entry = entry(sent);
      if (entry.getCallable()) {
        return entry;
      }
      if (System.nanoTime() - end >= 0) {
        throw new CommandException(
            ("expert %s is placed, but no node has said within %d s that it holds it; the nodes'"
                    + " logs say why. Once 'expert list' shows one: gate canary %s --share S")
                .formatted(entry.getName(), limit.toSeconds(), sent.getGateVersion()));
      }
      Pauses.aBit();
    }
  }

  private ExpertEntry entry(AddExpertReply sent) {
    return client.experts(CALL).getExpertsList().stream()
        .filter(entry -> entry.getFingerprint().equals(sent.getExpert().getFingerprint()))
        .findFirst()
        .orElseThrow(() ->
            new CommandException(
                "expert %s was removed by somebody else".formatted(sent.getExpert().getName())));
  }

  /**
   * Routes requests by the gates that came with an expert. Where they do so already, nothing is
   * changed.
   *
   * @param share of the requests; 1: all of them
   */
  void route(String version, double share, String why) {
    GatesDescription now = client.gates(CALL);
    if (now.getActive().equals(version)) {
      return;
    }
    boolean all = share == 1;
    client.changeGates(
        ChangeGatesRequest.newBuilder()
            .setAction(all ? GatesAction.GATES_ACTION_PROMOTE : GatesAction.GATES_ACTION_CANARY)
            .setVersion(version)
            .setShare(all ? 0 : share)
            .setWho(who)
            .setWhy(why)
            .build(),
        CALL);
  }

  /**
   * Removes an expert; waits for the requests that may wake it.
   *
   * @throws CommandException if they take too long
   */
  ExpertList remove(String expert) {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      RemoveExpertReply reply = client.removeExpert(expert, who, CALL);
      if (reply.getWaiting().isEmpty()) {
        return reply.getExperts();
      }
      if (System.nanoTime() - end >= 0) {
        throw new CommandException(
            "expert %s is woken by no new request, but has not left within %d s: %s. Ask again later."
                .formatted(expert, limit.toSeconds(), reply.getWaiting()));
      }
      Pauses.aBit();
    }
  }
}
