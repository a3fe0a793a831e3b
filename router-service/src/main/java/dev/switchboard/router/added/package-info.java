/**
 * Experts that are added to a router's model while it runs: where their files lie, how they come
 * and go, and what gates need of them.
 */
@NullMarked
package dev.switchboard.router.added;

import org.jspecify.annotations.NullMarked;
