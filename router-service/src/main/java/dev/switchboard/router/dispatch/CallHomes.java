package dev.switchboard.router.dispatch;

import dev.switchboard.model.moe.MoeCall;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where the states of a call's sequences are, by what the router knows of both at this moment. */
final class CallHomes implements StateHomes {
  private final MoeCall call;
  private final SequenceHomes homes;
  private final Supplier<ReplicaTable> table;
  private final long mostRebuildBytes;

  CallHomes(
      MoeCall call, SequenceHomes homes, Supplier<ReplicaTable> table, long mostRebuildBytes) {
    this.call = call;
    this.homes = homes;
    this.table = table;
    this.mostRebuildBytes = mostRebuildBytes;
  }

  private @Nullable HomedState find(int expert, int token) {
    return homes.find(call.sequenceOfToken()[token], call.layer(), expert);
  }

  @Override
  public int home(int expert, int token) {
    HomedState state = find(expert, token);
    if (state == null) {
      return NEW;
    }
    return reachable(state) ? state.link() : state.kept() ? ADRIFT : LOST;
  }

  /** Whoever cannot be sent to now is no home now: sending there would only fail. */
  private boolean reachable(HomedState state) {
    NodeLink link = state.link() < 0 ? null : table.get().link(state.link());
    return link != null && link.ready();
  }

  @Override
  public boolean rebuildable(int expert, int token) {
    HomedState state = find(expert, token);
    return state != null && state.kept();
  }

  @Override
  public boolean strayed(int expert, int token) {
    HomedState state = find(expert, token);
    if (state == null || state.link() < 0 || !state.kept()) {
      return false;
    }
    state.adrift();
    return true;
  }

  @Override
  public long sequence(int token) {
    return call.sequenceOfToken()[token];
  }

  @Override
  public long rebuildBytes(int expert, int token) {
    HomedState state = find(expert, token);
    return state == null ? 0 : state.bytes();
  }

  @Override
  public long mostRebuildBytes() {
    return mostRebuildBytes;
  }
}
