package dev.switchboard.model.jinja;

/** Python's None. */
enum None {
  NONE
}
