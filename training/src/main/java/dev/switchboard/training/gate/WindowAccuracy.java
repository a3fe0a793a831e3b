package dev.switchboard.training.gate;

import dev.switchboard.training.data.Texts;
import dev.switchboard.training.data.Vocabulary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Share of short windows of held-out text, each read alone from a fresh state, that wake their own
 * domain's expert.
 */
public final class WindowAccuracy {
  private static final int WINDOW_BYTES = 200;
  private static final int PADDED_TOKENS = 256; // no token is shorter than a byte
  private static final int BATCH = 32;

  private WindowAccuracy() {}

  /**
   * @param most windows of each domain
   * @return by domain, in the order of the experts; domains without held-out text are left out
   */
  public static SequencedMap<String, Double> measure(
      GateJudge judge, GatePoint gate, Path data, Vocabulary vocabulary, int most)
      throws IOException {
    List<String> experts = judge.experts();
    SequencedMap<String, Double> result = new LinkedHashMap<>();
    for (int e = 0; e < experts.size(); e++) {
      Optional<Path> test = Texts.find(data.resolve(experts.get(e)), "test");
      if (test.isEmpty()) {
        continue;
      }
      List<int[]> windows = new ArrayList<>();
      for (String text : windows(Texts.readBytes(test.get()), most)) {
        windows.add(vocabulary.encode(text));
      }
      result.put(experts.get(e), accuracy(judge, gate, windows, e));
    }
    return result;
  }

  private static double accuracy(GateJudge judge, GatePoint gate, List<int[]> windows, int expert) {
    int right = 0;
    for (int from = 0; from < windows.size(); from += BATCH) {
      List<int[]> part = windows.subList(from, Math.min(windows.size(), from + BATCH));
      int longest = part.stream().mapToInt(w -> w.length).max().orElse(1);
      int padded = Math.min(PADDED_TOKENS, (longest + 63) / 64 * 64);
      for (int winner : judge.majorities(gate, part, padded)) {
        right += winner == expert ? 1 : 0;
      }
    }
    return windows.isEmpty() ? Double.NaN : (double) right / windows.size();
  }

  /**
   * Windows that begin and end between characters, evenly spaced. Where a text is mostly not ASCII,
   * windows that are, are passages in another language, and left out.
   */
  static List<String> windows(byte[] text, int most) throws IOException {
    List<String> windows = new ArrayList<>();
    boolean foreign = foreign(text, 0, text.length);
    int stride = Math.max(WINDOW_BYTES, text.length / Math.max(1, most));
    for (int from = 0; from + WINDOW_BYTES + 4 < text.length; from += stride) {
      int start = from;
      while ((text[start] & 0xc0) == 0x80) {
        start++;
      }
      if (foreign && !foreign(text, start, start + WINDOW_BYTES)) {
        continue;
      }
      CharsetDecoder decoder =
          StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.IGNORE);
      CharBuffer window = decoder.decode(ByteBuffer.wrap(text, start, WINDOW_BYTES));
      windows.add(window.toString());
    }
    return windows;
  }

  private static boolean foreign(byte[] text, int from, int to) {
    int high = 0;
    for (int i = from; i < to; i++) {
      high += text[i] < 0 ? 1 : 0;
    }
    return high * 3 >= to - from;
  }
}
