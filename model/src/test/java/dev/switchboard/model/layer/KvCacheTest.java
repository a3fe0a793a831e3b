package dev.switchboard.model.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.kernel.KvShape;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who holds which block, and who finds it again. */
class KvCacheTest {
  private static final int TOKENS = KvShape.BLOCK_KEYS;
  private static final KvShape SHAPE = new KvShape(1, 2, 2, false);
  private static final long BYTES = SHAPE.blockBytes();

  private static KvCache cache(int blocks) {
    return new KvCache(List.of(SHAPE), blocks * BYTES);
  }

  private static int[] tokens(int count, int seed) {
    int[] tokens = new int[count];
    Arrays.setAll(tokens, i -> seed + i);
    return tokens;
  }

  /** What steps do: room, writing, tokens. */
  private static void run(KvTable table, int[] tokens) {
    table.reserve(tokens.length);
    for (int i = 0; i < tokens.length; i++) {
      long position = table.length() + i;
      write(table, position, tokens[i]);
    }
    table.append(tokens);
  }

  private static void write(KvTable table, long position, int value) {
    table
        .block((int) (position / TOKENS))
        .set(ValueLayout.JAVA_INT, 4 * (position % TOKENS), value);
  }

  private static int read(KvTable table, long position) {
    return table
        .block((int) (position / TOKENS))
        .get(ValueLayout.JAVA_INT, 4 * (position % TOKENS));
  }

  private static KvTable after(KvCache cache, int[] prompt) {
    KvTable table = cache.newTable("all", prompt);
    run(table, Arrays.copyOfRange(prompt, (int) table.length(), prompt.length));
    return table;
  }

  @Test
  void bytesAreKnownBeforehand() {
    KvCache cache = new KvCache(List.of(SHAPE, KvShape.NONE, SHAPE), 10 * 2 * BYTES);
    assertThat(cache.blockBytes()).isEqualTo(2 * BYTES);
    assertThat(cache.offset(2)).isEqualTo(BYTES);
    assertThat(cache.bytesFor(0)).isZero();
    assertThat(cache.bytesFor(1)).isEqualTo(2 * BYTES);
    assertThat(cache.bytesFor(33)).isEqualTo(4 * BYTES);
    KvTable table = cache.newTable();
    table.reserve(33);
    assertThat(table.bytes()).isEqualTo(4 * BYTES).isEqualTo(cache.usedBytes());
    table.close();
    assertThat(cache.usedBytes()).isZero();
    assertThatThrownBy(() -> table.reserve(1)).hasMessageContaining("closed");
    KvCache nothing = new KvCache(List.of(KvShape.NONE), 0);
    KvTable empty = nothing.newTable("all", tokens(99, 0));
    run(empty, new int[0]);
    empty.reserve(1000);
    empty.append(tokens(1000, 0));
    assertThat(nothing.bytesFor(1000)).isZero();
  }

  @Test
  void aFullCacheSaysWhatItHas() {
    KvCache cache = cache(2);
    KvTable table = cache.newTable();
    assertThatThrownBy(() -> table.reserve(3 * TOKENS))
        .isInstanceOf(KvCacheFullException.class)
        .hasMessageContaining((2 * BYTES) + " bytes are in use, the budget is " + 2 * BYTES);
    table.close();
    cache.newTable().reserve(2 * TOKENS);
  }

  @Test
  void aPrefixIsFoundButNeverTheWholePrompt() {
    KvCache cache = cache(20);
    int[] prompt = tokens(3 * TOKENS + 5, 100);
    KvTable first = after(cache, prompt);
    assertThat(first.length()).isEqualTo(3 * TOKENS + 5);
    KvTable second = cache.newTable("all", prompt);
    assertThat(second.length()).isEqualTo(3 * TOKENS);
    assertThat(read(second, 70)).isEqualTo(170);
    assertThat(cache.usedBytes()).isEqualTo(4 * BYTES);
    assertThat(cache.newTable("all", tokens(3 * TOKENS, 100)).length()).isEqualTo(2 * TOKENS);
    assertThat(cache.newTable("all", tokens(3 * TOKENS + 1, 100)).length()).isEqualTo(3 * TOKENS);
    assertThat(cache.newTable("others", prompt).length()).isZero();
    assertThat(cache.newTable("all", tokens(90, 101)).length()).isZero();
    int[] branch = prompt.clone();
    branch[TOKENS] = 7;
    assertThat(cache.newTable("all", branch).length()).isEqualTo(TOKENS);
    assertThat(cache.newTable("all", new int[0]).length()).isZero();
  }

  @Test
  void whatIsClosedStaysUntilItsMemoryIsNeeded() {
    KvCache cache = cache(4);
    int[] old = tokens(2 * TOKENS + 1, 0);
    after(cache, old).close();
    assertThat(cache.usedBytes()).isZero();
    assertThat(cache.cachedBytes()).isEqualTo(2 * BYTES);
    KvTable table = cache.newTable();
    table.reserve(3 * TOKENS);
    // The last block of the old prompt went first: its beginning is still of use.
    assertThat(cache.cachedBytes()).isEqualTo(BYTES);
    KvTable found = cache.newTable("all", old);
    assertThat(found.length()).isEqualTo(TOKENS);
    assertThat(cache.cachedBytes()).isZero();
    assertThatThrownBy(() -> found.reserve(TOKENS)).isInstanceOf(KvCacheFullException.class);
  }

  @Test
  void theFirstLetGoIsReusedFirst() {
    KvCache cache = cache(3);
    int[] a = tokens(TOKENS + 1, 0);
    int[] b = tokens(TOKENS + 1, 1000);
    after(cache, a).close();
    after(cache, b).close();
    cache.newTable("all", a).close();
    KvTable table = cache.newTable();
    table.reserve(2 * TOKENS);
    assertThat(cache.newTable("all", b).length()).isZero();
    assertThat(cache.newTable("all", a).length()).isEqualTo(TOKENS);
  }

  @Test
  void equalBlocksBecomeOne() {
    KvCache cache = cache(10);
    int[] prompt = tokens(2 * TOKENS + 3, 0);
    KvTable one = cache.newTable("all", prompt);
    KvTable two = cache.newTable("all", prompt);
    run(one, prompt);
    run(two, prompt);
    assertThat(cache.usedBytes()).isEqualTo(4 * BYTES);
    one.close();
    assertThat(cache.usedBytes()).isEqualTo(3 * BYTES);
    assertThat(read(two, 33)).isEqualTo(33);
    two.close();
    assertThat(cache.usedBytes()).isZero();
  }

  @Test
  void forksGoTheirOwnWay() {
    KvCache cache = cache(10);
    KvTable one = cache.newTable();
    run(one, tokens(40, 0));
    KvTable two = one.fork();
    assertThat(cache.usedBytes()).isEqualTo(2 * BYTES);
    run(one, tokens(3, 500));
    run(two, tokens(30, 900));
    assertThat(cache.usedBytes()).isEqualTo(4 * BYTES);
    assertThat(read(one, 39)).isEqualTo(39).isEqualTo(read(two, 39));
    assertThat(read(one, 40)).isEqualTo(500);
    assertThat(read(two, 40)).isEqualTo(900);
    assertThat(read(two, 69)).isEqualTo(929);
    one.close();
    assertThat(read(two, 10)).isEqualTo(10);
    two.close();
    assertThat(cache.usedBytes()).isZero();
  }

  @Test
  void aPrivateTableLeavesNothingMore() {
    KvCache cache = cache(10);
    int[] prompt = tokens(3 * TOKENS, 0);
    KvTable table = cache.newTable("all", prompt);
    run(table, tokens(TOKENS, 0));
    table.keepPrivate();
    run(table, tokens(2 * TOKENS, TOKENS));
    assertThat(cache.newTable("all", prompt).length()).isEqualTo(TOKENS);
    KvTable unfinished = cache.newTable("all", tokens(90, 300));
    unfinished.reserve(90);
    unfinished.close();
    assertThat(cache.newTable("all", tokens(90, 300)).length()).isZero();
  }
}
