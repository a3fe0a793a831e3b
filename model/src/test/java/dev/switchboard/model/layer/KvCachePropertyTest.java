package dev.switchboard.model.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.kernel.KvShape;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever sequences do, each reads what it wrote, and in the end nothing is held. */
class KvCachePropertyTest {
  private static final int TOKENS = KvShape.BLOCK_KEYS;

  /** A table, and what its tokens should be. */
  private record Sequence(KvTable table, List<Integer> tokens) {
    void run(int[] more) {
      table.reserve(more.length);
      for (int i = 0; i < more.length; i++) {
        long at = table.length() + i;
        table.block((int) (at / TOKENS)).set(ValueLayout.JAVA_INT, 4 * (at % TOKENS), more[i]);
      }
      table.append(more);
      Arrays.stream(more).forEach(tokens::add);
    }

    void check() {
      assertThat(table.length()).isEqualTo(tokens.size());
      for (int i = 0; i < tokens.size(); i++) {
        int kept = table.block(i / TOKENS).get(ValueLayout.JAVA_INT, 4L * (i % TOKENS));
        assertThat(kept).isEqualTo(tokens.get(i));
      }
    }
  }

  @Property(tries = 100)
  void nobodyDisturbsAnother(@ForAll long seed) {
    Random random = new Random(seed);
    KvShape shape = new KvShape(1, 1, 1, false);
    KvCache cache = new KvCache(List.of(shape), 12 * shape.blockBytes());
    List<Sequence> alive = new ArrayList<>();
    for (int step = 0; step < 60; step++) {
      int choice = random.nextInt(4);
      try {
        if (choice == 0 || alive.isEmpty()) {
          alive.add(start(cache, random));
        } else {
          Sequence one = alive.get(random.nextInt(alive.size()));
          switch (choice) {
            case 1 -> one.run(tokens(random, 1 + random.nextInt(40)));
            case 2 -> alive.add(new Sequence(one.table.fork(), new ArrayList<>(one.tokens)));
            default -> {
              one.table.close();
              alive.remove(one);
            }
          }
        }
      } catch (KvCacheFullException e) {
        assertThat(cache.cachedBytes()).isZero();
        alive.removeFirst().table.close();
      }
      alive.forEach(Sequence::check);
      assertThat(cache.usedBytes() + cache.cachedBytes()).isLessThanOrEqualTo(cache.budgetBytes());
    }
    alive.forEach(sequence -> sequence.table.close());
    assertThat(cache.usedBytes()).isZero();
  }

  private static Sequence start(KvCache cache, Random random) {
    int[] prompt = tokens(random, 1 + random.nextInt(3 * TOKENS));
    Sequence sequence = new Sequence(cache.newTable("all", prompt), new ArrayList<>());
    int shared = (int) sequence.table.length();
    assertThat(shared).isLessThan(prompt.length);
    Arrays.stream(prompt, 0, shared).forEach(sequence.tokens::add);
    sequence.check();
    return sequence;
  }

  /** Few beginnings, so that prefixes meet. */
  private static int[] tokens(Random random, int count) {
    int kind = random.nextInt(2);
    int[] tokens = new int[count];
    Arrays.setAll(tokens, i -> kind * 1000 + i / TOKENS);
    return tokens;
  }
}
