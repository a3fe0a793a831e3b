package dev.switchboard.cluster.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a conversation wherever it goes on.
 *
 * @param owner digest of the key that it belongs to; empty: to whoever knows its name
 * @param model fingerprint and arithmetic that its states were computed with
 * @param epoch grows each time a request takes the session; the higher one writes
 * @param router that took it last
 * @param tokens the first ids, each 4 bytes, little-endian; the turn's tail follows them
 * @param before newest snapshot that has read nothing of the last turn
 * @param latest newest snapshot of the last turn
 */
public record SessionRecord(
    String owner,
    String model,
    long epoch,
    String router,
    SessionTurn turn,
    BlobRef tokens,
    Optional<StateRef> before,
    Optional<StateRef> latest) {
  /** Tokens of the session that are known. */
  public long knownTokens() {
    return firstTokens() + turn.tail().length;
  }

  /** Tokens that are not in the record itself. */
  public long firstTokens() {
    return tokens.bytes() / Integer.BYTES;
  }

  /** The newest snapshot. */
  public Optional<StateRef> newest() {
    return latest.or(() -> before);
  }

  /** Everything in the grid that the record refers to. */
  public List<BlobRef> blobs() {
    List<BlobRef> blobs = new ArrayList<>(List.of(tokens));
    before.ifPresent(state -> blobs.add(state.blob()));
    latest.ifPresent(state -> blobs.add(state.blob()));
    return blobs;
  }

  /** The same after more of the turn. */
  public SessionRecord with(SessionTurn next) {
    return new SessionRecord(owner, model, epoch, router, next, tokens, before, latest);
  }

  /** The same with the tail moved into the tokens. */
  public SessionRecord with(BlobRef allTokens) {
    SessionTurn turned = turn.with(new int[0], turn.finish());
    return new SessionRecord(owner, model, epoch, router, turned, allTokens, before, latest);
  }

  /** The same with a newer snapshot. */
  public SessionRecord with(StateRef state) {
    return new SessionRecord(owner, model, epoch, router, turn, tokens, before, Optional.of(state));
  }

  /** Another session that has the same, under copies of its own. */
  public SessionRecord forkedBy(String nextRouter, BlobRef text, Optional<StateRef> state) {
    return new SessionRecord(owner, model, 1, nextRouter, turn, text, Optional.empty(), state);
  }

  /** The same, taken by another request. */
  public SessionRecord takenBy(String nextRouter) {
    return new SessionRecord(owner, model, epoch + 1, nextRouter, turn, tokens, before, latest);
  }
}
