package dev.switchboard.router.engine;

import dev.switchboard.model.tokenizer.IncrementalDecoder;

/** From one stream of token ids to text. Not for several threads. */
interface TokenText {
  /** What the token adds; may be empty while a character is incomplete. */
  String add(int id);

  /** What was held back, once no token follows. */
  String finish();

  /** A tokenizer's own text. */
  static TokenText of(IncrementalDecoder decoder) {
    return new TokenText() {
      @Override
      public String add(int id) {
        return decoder.add(id);
      }

      @Override
      public String finish() {
        return decoder.finish();
      }
    };
  }

  /** The ids themselves with blanks between them: of models that bring no tokenizer. */
  static TokenText ofIds() {
    return new TokenText() {
      private boolean begun;

      @Override
      public String add(int id) {
        String text = begun ? " " + id : Integer.toString(id);
        begun = true;
        return text;
      }

      @Override
      public String finish() {
        return "";
      }
    };
  }
}
