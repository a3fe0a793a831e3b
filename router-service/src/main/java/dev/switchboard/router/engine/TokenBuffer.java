package dev.switchboard.router.engine;

import java.util.Arrays;
import java.util.Objects;

/** The ids of a sequence, growing. */
final class TokenBuffer {
  private int[] ids;
  private int length;

  TokenBuffer(int[] prompt) {
    this.ids = prompt.clone();
    this.length = prompt.length;
  }

  void add(int id) {
    if (length == ids.length) {
      ids = Arrays.copyOf(ids, length + Math.max(64, length / 2));
    }
    ids[length++] = id;
  }

  int length() {
    return length;
  }

  int last() {
    return ids[length - 1];
  }

  int at(int index) {
    return ids[Objects.checkIndex(index, length)];
  }

  int[] range(int from, int to) {
    return Arrays.copyOfRange(ids, from, to);
  }

  int[] toArray() {
    return Arrays.copyOf(ids, length);
  }
}
