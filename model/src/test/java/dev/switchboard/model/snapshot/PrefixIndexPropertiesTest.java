package dev.switchboard.model.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Against a map of whole beginnings. */
class PrefixIndexPropertiesTest {
  private static final int CHUNK = 3;

  private static int[] text(Random random) {
    int[] text = new int[random.nextInt(1, 20)];
    Arrays.setAll(text, i -> random.nextInt(100) < 85 ? i : random.nextInt(2));
    return text;
  }

  @Property(tries = 200)
  void findsTheLongestThatIsKept(@ForAll long seed) {
    Random random = new Random(seed);
    List<String> givenUp = new ArrayList<>();
    PrefixIndex<String> index = new PrefixIndex<>(CHUNK, 1 << 20, givenUp::add);
    Map<String, String> plain = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      int[] text = text(random);
      String scope = random.nextBoolean() ? "a" : "b";
      int length = text.length / CHUNK * CHUNK;
      if (length > 0 && random.nextBoolean()) {
        String key = scope + Arrays.toString(Arrays.copyOf(text, length));
        assertThat(index.has(scope, text, length)).isEqualTo(plain.containsKey(key));
        index.put(scope, text, length, key, 10);
        plain.put(key, key);
      }
      int odd = random.nextInt(2);
      Optional<String> expected = Optional.empty();
      for (int l = CHUNK; l < text.length; l += CHUNK) {
        String found = plain.get(scope + Arrays.toString(Arrays.copyOf(text, l)));
        if (found != null && l % 2 == odd) {
          expected = Optional.of(found);
        }
      }
      Optional<PrefixIndex.Found<String>> found = index.find(scope, text, l -> l % 2 == odd);
      assertThat(found.map(PrefixIndex.Found::value)).isEqualTo(expected);
    }
    assertThat(index.count()).isEqualTo(plain.size());
  }

  @Property(tries = 100)
  void staysWithinItsBudget(@ForAll long seed, @ForAll @IntRange(min = 0, max = 20000) int budget) {
    Random random = new Random(seed);
    List<String> givenUp = new ArrayList<>();
    PrefixIndex<String> index = new PrefixIndex<>(CHUNK, budget, givenUp::add);
    int given = 0;
    for (int i = 0; i < 100; i++) {
      int[] text = text(random);
      int length = text.length / CHUNK * CHUNK;
      if (length > 0) {
        index.put("", text, length, "value", random.nextInt(1, 3000));
        given++;
      }
      index.find("", text(random), l -> true);
      assertThat(index.usedBytes()).isBetween(0L, (long) budget);
      assertThat(givenUp.size() + index.count()).isEqualTo(given);
    }
  }

  @Property(tries = 20)
  void whatWasFoundOutlivesALongText(@ForAll @IntRange(min = 20, max = 200) int chunks) {
    PrefixIndex<String> index = new PrefixIndex<>(CHUNK, 20_000, value -> {});
    int[] shared = {1, 1, 1, 1};
    index.put("", shared, CHUNK, "shared", 1000);
    assertThat(index.find("", shared, l -> true)).isPresent();
    int[] book = new int[chunks * CHUNK];
    Arrays.setAll(book, i -> 2 + i);
    for (int l = CHUNK; l <= book.length; l += CHUNK) {
      index.put("", book, l, "book", 1000);
    }
    assertThat(index.evicted()).isPositive();
    assertThat(index.find("", shared, l -> true)).isPresent();
  }
}
