package dev.switchboard.model.jinja;

/** What can be called. */
@FunctionalInterface
interface Callable {
  Object call(Arguments arguments);
}
