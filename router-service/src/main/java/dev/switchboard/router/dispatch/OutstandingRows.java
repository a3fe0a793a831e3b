package dev.switchboard.router.dispatch;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages of a link that have no reply yet, and their rows. Under the link's lock, but for {@link
 * #count}.
 */
final class OutstandingRows {
  private final Map<Long, Integer> rowsById = new HashMap<>();
  private volatile long count;

  /** Rows of all of them. Any thread. */
  long count() {
    return count;
  }

  void sent(long id, int rows) {
    rowsById.put(id, rows);
    count += rows;
  }

  /** Nothing is awaited for this message any more; whether something was. */
  boolean settle(long id) {
    Integer rows = rowsById.remove(id);
    if (rows == null) {
      return false;
    }
    count -= rows;
    return true;
  }

  /** Settles all of them; returns their ids. */
  List<Long> settleAll() {
    List<Long> ids = List.copyOf(rowsById.keySet());
    rowsById.clear();
    count = 0;
    return ids;
  }
}
