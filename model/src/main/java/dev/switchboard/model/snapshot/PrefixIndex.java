package dev.switchboard.model.snapshot;

import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds what was kept for the longest beginning of some tokens, within a budget. Beginnings end at
 * multiples of a chunk; each is named by its last chunk and the beginning before it, and tokens are
 * compared, not only hashed.
 *
 * <p>What was found once is kept before what never was: of those never found the first kept goes
 * first, of the others the one not found for longest. So a long text that is read once does not
 * push out what many begin with. Thread-safe.
 *
 * @param <V> what is kept; immutable
 */
public final class PrefixIndex<V> {
  /** A node's objects, about. */
  private static final int NODE_BYTES = 256;

  private final int chunkTokens;
  private final long budgetBytes;
  private final Consumer<V> givenUp;
  private final Map<Key, Node<V>> known = new HashMap<>();
  private final Set<Node<V>> unproven = new LinkedHashSet<>();
  private final Set<Node<V>> proven = new LinkedHashSet<>();
  private long usedBytes;
  private long provenBytes;
  private long evicted;

  /** What lies before a chunk (a scope, or a node), and its tokens. */
  private record Key(Object before, IntBuffer tokens) {}

  /** A beginning. */
  private static final class Node<V> {
    final Key key;
    final @Nullable Node<V> parent;
    int children;
    @Nullable V value;
    long bytes;

    Node(Key key, @Nullable Node<V> parent) {
      this.key = key;
      this.parent = parent;
    }
  }

  /** Something that was kept behind so many tokens. */
  public record Found<V>(int tokens, V value) {}

  /**
   * @param chunkTokens beginnings are multiples of; at least 1
   * @param budgetBytes of what is kept, and of the tokens that name it
   * @param givenUp told what is no longer kept
   */
  public PrefixIndex(int chunkTokens, long budgetBytes, Consumer<V> givenUp) {
    if (chunkTokens < 1 || budgetBytes < 0) {
      throw new IllegalArgumentException(
          "chunks of %d tokens, a budget of %d bytes".formatted(chunkTokens, budgetBytes));
    }
    this.chunkTokens = chunkTokens;
    this.budgetBytes = budgetBytes;
    this.givenUp = givenUp;
  }

  public int chunkTokens() {
    return chunkTokens;
  }

  public long budgetBytes() {
    return budgetBytes;
  }

  public synchronized long usedBytes() {
    return usedBytes;
  }

  /** What is kept now. */
  public synchronized int count() {
    return unproven.size() + proven.size();
  }

  /** What was given up for want of memory. */
  public synchronized long evicted() {
    return evicted;
  }

  /**
   * What was kept for the longest beginning that is shorter than the tokens.
   *
   * @param scope equal where equal tokens mean the same
   * @param usable whether a beginning of so many tokens can be used
   */
  public synchronized Optional<Found<V>> find(Object scope, int[] tokens, IntPredicate usable) {
    IntBuffer all = IntBuffer.wrap(tokens);
    Object before = scope;
    Node<V> best = null;
    int length = 0;
    for (int from = 0; from + chunkTokens < tokens.length; from += chunkTokens) {
      Node<V> node = known.get(new Key(before, all.slice(from, chunkTokens)));
      if (node == null) {
        break;
      }
      if (node.value != null && usable.test(from + chunkTokens)) {
        best = node;
        length = from + chunkTokens;
      }
      before = node;
    }
    if (best == null || best.value == null) {
      return Optional.empty();
    }
    prove(best);
    return Optional.of(new Found<>(length, best.value));
  }

  private void prove(Node<V> node) {
    if (unproven.remove(node)) {
      provenBytes += node.bytes;
    } else {
      proven.remove(node);
    }
    proven.add(node);
    // A quarter at least is for what is new: otherwise nothing new could ever prove itself.
    Iterator<Node<V>> oldest = proven.iterator();
    while (provenBytes > budgetBytes / 4 * 3) {
      Node<V> back = oldest.next();
      oldest.remove();
      provenBytes -= back.bytes;
      unproven.add(back);
    }
  }

  /**
   * Whether something is kept for the first tokens.
   *
   * @param length a multiple of the chunk
   */
  public synchronized boolean has(Object scope, int[] tokens, int length) {
    IntBuffer all = IntBuffer.wrap(tokens);
    Object before = scope;
    Node<V> node = null;
    for (int from = 0; from < length; from += chunkTokens) {
      node = known.get(new Key(before, all.slice(from, chunkTokens)));
      if (node == null) {
        return false;
      }
      before = node;
    }
    return node != null && node.value != null;
  }

  /**
   * Keeps something for the first tokens; for longer or shorter ones other things may be kept.
   *
   * @param length a multiple of the chunk, at least one
   * @param bytes that it takes; if it is more than half of the budget, it is not kept
   */
  public synchronized void put(Object scope, int[] tokens, int length, V value, long bytes) {
    if (length < chunkTokens || length % chunkTokens != 0 || length > tokens.length) {
      throw new IllegalArgumentException(
          "%d of %d tokens, in chunks of %d".formatted(length, tokens.length, chunkTokens));
    }
    if (bytes > budgetBytes / 2) {
      givenUp.accept(value);
      return;
    }
    Object before = scope;
    Node<V> node = null;
    for (int from = 0; from < length; from += chunkTokens) {
      node = node(before, node, tokens, from);
      before = node;
    }
    if (node == null || node.value != null) {
      givenUp.accept(value);
      return;
    }
    node.value = value;
    node.bytes = bytes;
    usedBytes += bytes;
    unproven.add(node);
    while (usedBytes > budgetBytes && evict()) {}
  }

  /** The chunk's node, behind that node. */
  private Node<V> node(Object before, @Nullable Node<V> parent, int[] tokens, int from) {
    Node<V> found = known.get(new Key(before, IntBuffer.wrap(tokens).slice(from, chunkTokens)));
    if (found != null) {
      return found;
    }
    int[] own = Arrays.copyOfRange(tokens, from, from + chunkTokens);
    Key key = new Key(before, IntBuffer.wrap(own));
    Node<V> made = new Node<>(key, parent);
    known.put(key, made);
    usedBytes += nodeBytes();
    if (parent != null) {
      parent.children++;
    }
    return made;
  }

  private long nodeBytes() {
    return NODE_BYTES + (long) Integer.BYTES * chunkTokens;
  }

  private boolean evict() {
    boolean never = !unproven.isEmpty();
    Iterator<Node<V>> oldest = (never ? unproven : proven).iterator();
    if (!oldest.hasNext()) {
      return false;
    }
    Node<V> node = oldest.next();
    oldest.remove();
    usedBytes -= node.bytes;
    provenBytes -= never ? 0 : node.bytes;
    if (node.value != null) {
      givenUp.accept(node.value);
    }
    node.value = null;
    node.bytes = 0;
    evicted++;
    forget(node);
    return true;
  }

  /** Nodes that lead to nothing. */
  private void forget(Node<V> last) {
    Node<V> at = last;
    while (at != null && at.value == null && at.children == 0) {
      known.remove(at.key);
      usedBytes -= nodeBytes();
      at = at.parent;
      if (at != null) {
        at.children--;
      }
    }
  }
}
