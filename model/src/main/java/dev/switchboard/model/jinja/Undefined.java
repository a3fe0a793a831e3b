package dev.switchboard.model.jinja;

/**
 * What a name, attribute or item stands for that is not there: nothing when written, looped over or
 * tested, an error for most else.
 *
 * @param what says what is not there
 */
record Undefined(String what) {
  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  JinjaException failure() {
    return new JinjaException(what);
  }
}
