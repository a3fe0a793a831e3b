package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.NetworkTurn;
import dev.switchboard.proto.lane.LaneWait;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How the sending thread waits for replies: on its lanes, in the network, or at the inbox. */
final class ReplyWait {
  private final ReplyInbox inbox;
  private final LaneWait lanes;
  private final Optional<NetworkTurn> turn;

  /**
   * @param turn how to drive the network; empty where it has threads of its own
   */
  ReplyWait(ReplyInbox inbox, LaneWait lanes, Optional<NetworkTurn> turn) {
    this.inbox = inbox;
    this.lanes = lanes;
    this.turn = turn;
  }

  /** What is done in between is sent by the calling thread, which drives the network for it. */
  void sendInTurn(Runnable send) {
    if (turn.isEmpty()) {
      send.run();
      return;
    }
    NetworkTurn network = turn.get();
    network.take();
    try {
      send.run();
      network.flush();
    } finally {
      network.give();
    }
  }

  /**
   * The next reply, or null if none comes before the deadline (of {@link System#nanoTime}).
   *
   * @param byLane whether a reply is to come by a lane; others are then read by the network's own
   *     thread
   */
  @Nullable Reply next(long deadlineNanos, boolean byLane) {
    if (byLane) {
      return byLane(deadlineNanos);
    }
    if (turn.isEmpty()) {
      return inbox.take(deadlineNanos);
    }
    NetworkTurn network = turn.get();
    network.take();
    try {
      return inTurn(network, deadlineNanos);
    } finally {
      network.give();
    }
  }

  private @Nullable Reply byLane(long deadlineNanos) {
    Reply reply = inbox.poll();
    if (reply != null) {
      return reply;
    }
    inbox.wakeBy(lanes::wake);
    try {
      reply = inbox.poll();
      for (long now = System.nanoTime();
          reply == null && deadlineNanos - now > 0;
          now = System.nanoTime()) {
        lanes.await(deadlineNanos - now);
        reply = inbox.poll();
      }
      return reply;
    } finally {
      inbox.wakeBy(null);
    }
  }

  private @Nullable Reply inTurn(NetworkTurn network, long deadlineNanos) {
    Reply reply = inbox.poll();
    for (long now = System.nanoTime();
        reply == null && deadlineNanos - now > 0;
        now = System.nanoTime()) {
      network.await(deadlineNanos - now);
      reply = inbox.poll();
    }
    return reply;
  }
}
