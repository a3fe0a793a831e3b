/** What the system has to say about memory: huge pages, limits, what is resident. */
@NullMarked
package dev.switchboard.model.memory;

import org.jspecify.annotations.NullMarked;
